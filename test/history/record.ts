import type { Result } from './call.ts';

/** A customer that the clients know. */
export interface Subject {
  readonly accountId: number;
  readonly cuRefNo: string;
  readonly email: string;
  /** In millionths. */
  readonly debtLimit: number;
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
}

/** Something that a client wants once, however often it has to ask. */
export interface Operation {
  /** Stands in the entry's description, so that an entry tells who asked for it. */
  readonly name: string;
  readonly kind: 'spend' | 'grant';
  readonly subject: Subject;
  /** Credits, a JSON number. */
  readonly amount: number;
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

/** All that the clients did and saw. */
export interface History {
  readonly subjects: readonly Subject[];
  readonly operations: Operation[];
  readonly oddities: Oddity[];
}

/** @returns credits as whole millionths. */
export function millionths(credits: number): number {
  return Math.round(credits * 1e6);
}
