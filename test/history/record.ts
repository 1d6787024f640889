import type { Result } from './call.ts';

/** A customer that the clients know. */
export interface Subject {
  readonly accountId: number;
  readonly cuRefNo: string;
  readonly email: string;
  /** In millionths. */
  readonly debtLimit: number;
  /** What may be used in a month, in millionths; 0 is off. */
  readonly hardLimit: number;
  /** Public ids that clients were told and may use; a hold may have ended since. */
  readonly holdIds: string[];
  /** Of spends and captures, and of grants. */
  readonly takenIds: string[];
  readonly grantedIds: string[];
  /** The sessions so far, the living one last. */
  readonly sessions: Session[];
}

/** A session, and when its end was asked for and confirmed. */
export interface Session {
  readonly identityId: string;
  endAskedAtMs?: number;
  endedAtMs?: number;
}

/** One time that an operation was sent. Instants are of performance.now(). */
export interface Attempt {
  readonly sentAtMs: number;
  /** Unix milliseconds, comparable with the database's on the same machine. */
  readonly sentAtUnixMs: number;
  readonly answeredAtMs: number;
  readonly result: Result;
  readonly session?: Session | undefined;
  /** Where it stood in a request for many at once. */
  readonly place?: { readonly batch: Batch; readonly index: number };
}

/** Spends that were sent in one request, once. */
export interface Batch {
  /** Done all or none. */
  readonly atomic: boolean;
  /** In their order; one that has a key may stand there twice. */
  readonly members: readonly Operation[];
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  /** What each was answered. */
  readonly results: readonly Result[];
  /** The one with the same keys that was sent at the same moment. */
  twin?: Batch | undefined;
}

/** What can be asked for; each is an endpoint of the same name. */
export const OPERATION_KINDS = [
  ...(['spend', 'grant', 'hold', 'extend', 'capture', 'release', 'refund', 'void'] as const),
];
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** Something that a client wants once, however often it has to ask. */
export interface Operation {
  /** Stands in the entry's or hold's description, so that it tells who asked for it. */
  readonly name: string;
  readonly kind: OperationKind;
  readonly subject: Subject;
  /** Credits, a JSON number; undefined where none are named. */
  readonly amount: number | undefined;
  /** The hold or the transaction that it is about. */
  readonly target?: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  readonly attempts: Attempt[];
  /** Sent to two processes at the same moment. */
  twins: boolean;
  /** What credit-transaction said of an unknown outcome without a key. */
  looked?: { readonly transactionId: string; readonly status: number };
}

/** Answers that are no effect of an operation and that must be as said. */
export interface Oddity {
  readonly operation: string;
  readonly wanted: string;
  readonly got: string;
}

/** What get-account-info said of a customer, in millionths. */
export interface Reading {
  readonly subject: Subject;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  readonly balance: number;
  readonly held: number;
  readonly available: number;
}

/** All that the clients did and saw. */
export interface History {
  readonly subjects: readonly Subject[];
  readonly operations: Operation[];
  readonly batches: Batch[];
  readonly oddities: Oddity[];
  readonly readings: Reading[];
}

/** @returns a history in which nothing has happened. */
export function newHistory(subjects: readonly Subject[]): History {
  return { subjects, operations: [], batches: [], oddities: [], readings: [] };
}

/** @returns credits as whole millionths. */
export function millionths(credits: number): number {
  return Math.round(credits * 1e6);
}
