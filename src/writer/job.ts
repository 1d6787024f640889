import type { Command, Group } from '../ledger/command.ts';

/** What is answered to a command: JSON text, the same bytes at every replay. */
export interface DecidedAnswer {
  readonly status: number;
  readonly body: string;
  readonly replayed: boolean;
}

/** Hashes of the Idempotency-Key and of the request it came with, 128 bits each in the form of a UUID. */
export interface Idempotency {
  readonly keyHash: string;
  readonly requestHash: string;
}

/** A command on its way through the door. */
export interface Submission {
  readonly accountId: number;
  /** The account's; by its time the command is judged. */
  readonly ledgerId: number;
  /** The session that named the customer; whether it lives is judged in the batch. */
  readonly sessionId?: number | undefined;
  readonly command: Command;
  /** The public id of the hold that the command names, as the answer repeats it. */
  readonly holdId?: string | undefined;
  /** 'key:<api_key_id>', 'cli' or 'system'. */
  readonly author: string;
  /** Stands in the body of a refusal. */
  readonly requestId: string;
  readonly idempotency?: Idempotency | undefined;
  /** Commands that share this are done all or none; all of one account, see Writer.submitTogether. */
  readonly group?: Group | undefined;
}

/** A submission that waits for its batch. */
export interface Job extends Submission {
  /** From performance.now(), milliseconds. */
  readonly submittedAtMs: number;
  tries: number;
  /** Its last batch failed for a reason that one member may have brought: it gets a batch of its own. */
  alone: boolean;
  resolve(answer: DecidedAnswer): void;
  reject(error: Error): void;
}

/** @returns how many of the first jobs make a batch: `size`, or as many more as the group that it would cut in two still has; its jobs stand side by side. */
export function wholeGroups(jobs: readonly Job[], size: number): number {
  const group = jobs[size - 1]?.group;
  if (!group) return size;
  let end = size;
  while (jobs[end]?.group === group) end += 1;
  return end;
}
