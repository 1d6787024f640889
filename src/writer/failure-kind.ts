/** What a failed batch, of which nothing has happened, asks for. */
export type FailureKind =
  /** Somebody else holds one of its accounts. */
  | 'locked'
  /** The connection or the transaction was lost; the next may go well. */
  | 'passing'
  /** The database is full, read-only or refuses us; trying at once is no use. */
  | 'unavailable'
  /** A constraint or a bug: one of the jobs, or we, are at fault. */
  | 'fault';

const LOCKED = new Set(['55P03']);
// Serialization failure, deadlock, idle-in-transaction time-out, cancelled statement, shutdowns and restarts.
const PASSING = new Set(['40001', '40P01', '25P03', '57014', '57P01', '57P02', '57P03', '57P04', '57P05']);
// Connection exceptions; insufficient resources, operator and system errors; read-only; authorization.
const PASSING_CLASSES = new Set(['08']);
const UNAVAILABLE_CLASSES = new Set(['53', '58', '28', '3D', 'XX']);
const READ_ONLY = '25006';

/** @returns the error that the database or the driver gave. */
export function causeOf(error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause : new Error(String(cause));
}

/** Judges the error of a batch that was not committed. */
export function failureKind(error: unknown): FailureKind {
  const cause: Error & { code?: unknown; severity?: unknown } = causeOf(error);
  const code = typeof cause.code === 'string' ? cause.code : '';
  const fromServer = cause.severity !== undefined;
  // The driver's own errors (a broken socket, an ended connection) are about the connection.
  if (!fromServer) return isDriverError(cause, code) ? 'passing' : 'fault';
  if (LOCKED.has(code)) return 'locked';
  if (PASSING.has(code) || PASSING_CLASSES.has(code.slice(0, 2))) return 'passing';
  if (code === READ_ONLY || UNAVAILABLE_CLASSES.has(code.slice(0, 2))) return 'unavailable';
  return 'fault';
}

function isDriverError(error: Error, code: string): boolean {
  return /^E[A-Z]+$/.test(code) || /connection|client was closed|timeout/i.test(error.message);
}
