import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, call, type Result } from '../history/call.ts';
import { bySession } from '../history/client.ts';
import {
  type History,
  newHistory,
  type Operation,
  type OperationKind,
  type Subject,
} from '../history/record.ts';

/** Asks one server for one thing after another and keeps what was said, for the check of the history. */
export class Asking {
  readonly history: History;
  readonly #apiKey: string;
  #count = 0;

  constructor(apiKey: string, subjects: readonly Subject[]) {
    this.#apiKey = apiKey;
    this.history = newHistory(subjects);
  }

  /** A spend that was not sent yet. */
  spend(subject: Subject, amount: number, how: { key?: boolean; description?: string } = {}): Operation {
    const identityId = subject.sessions.at(-1)?.identityId;
    return this.#noted('spend', subject, { identityId, amount }, how);
  }

  /** A grant that was not sent yet. */
  grant(subject: Subject, amount: number): Operation {
    return this.#noted('grant', subject, { cuRefNo: subject.cuRefNo, amount });
  }

  /** A hold that was not sent yet. */
  hold(subject: Subject, amount: number, how: { key?: boolean } = {}): Operation {
    const identityId = subject.sessions.at(-1)?.identityId;
    return this.#noted('hold', subject, { identityId, amount }, how);
  }

  /** Something about a hold that was not sent yet; extending and releasing are known by their keys alone. */
  useHold(
    kind: 'extend' | 'capture' | 'release',
    subject: Subject,
    holdId: string,
    members: { readonly amount?: number; readonly addAmount?: number } = {},
    how: { key?: boolean } = {},
  ): Operation {
    return this.#noted(kind, subject, { holdId, ...members }, how, holdId);
  }

  /** A refund that was not sent yet. */
  refund(subject: Subject, transactionId: string, how: { key?: boolean } = {}): Operation {
    return this.#noted('refund', subject, { transactionId }, how, transactionId);
  }

  #noted(
    kind: OperationKind,
    subject: Subject,
    members: Readonly<Record<string, unknown>>,
    how: { key?: boolean; description?: string } = {},
    target?: string,
  ): Operation {
    const name = how.description ?? `${kind}-${++this.#count}`;
    const idempotencyKey = how.key === false ? undefined : `key-${name}`;
    const hasDescription = kind !== 'extend' && kind !== 'release';
    const body = { ...members, ...(hasDescription && { description: name }) };
    const amount = (members.amount ?? members.addAmount) as number | undefined;
    const rest = { idempotencyKey, body, attempts: [], twins: false };
    const operation = { name, kind, subject, amount, target, ...rest };
    this.history.operations.push(operation);
    return operation;
  }

  /** Sends it once. */
  async send(server: string, operation: Operation): Promise<Result> {
    const { kind, body, idempotencyKey } = operation;
    const sentAtMs = performance.now();
    const sentAtUnixMs = Date.now();
    const path = `/api/v1/customer/credit-${kind}`;
    const result = await call(server, { method: 'POST', path, apiKey: this.#apiKey, body, idempotencyKey });
    const session = bySession(operation) ? operation.subject.sessions.at(-1) : undefined;
    operation.attempts.push({ sentAtMs, sentAtUnixMs, answeredAtMs: performance.now(), result, session });
    return result;
  }

  /** Sends it until the answer says what became of it. */
  async settle(server: string, operation: Operation): Promise<Result> {
    for (;;) {
      const result = await this.send(server, operation);
      if (result.kind === 'answered' && result.status < 500) return result;
      await sleep(200);
    }
  }

  /** Looks a transaction up, by its id or by the operation's key. @returns the status and the id found. */
  async look(
    server: string,
    by: { transactionId: string } | Operation,
  ): Promise<[number, string | undefined]> {
    const query =
      'transactionId' in by
        ? { transactionId: by.transactionId }
        : { idempotencyKey: by.idempotencyKey ?? '', cuRefNo: by.subject.cuRefNo };
    const path = `/api/v1/customer/credit-transaction?${new URLSearchParams(query)}`;
    const question: Call = { method: 'GET', path, apiKey: this.#apiKey };
    for (;;) {
      const result = await call(server, question);
      if (result.kind === 'answered' && result.status < 500) {
        return [result.status, (JSON.parse(result.body) as { id?: string }).id];
      }
      await sleep(200);
    }
  }
}

/** @returns status and, where there is one, the code, outcome and id, of an entry or a hold, of an answer. */
export function told(result: Result | undefined): {
  readonly status: number;
  readonly outcome?: string | undefined;
  readonly code?: string | undefined;
  readonly transactionId?: string | undefined;
} {
  if (result?.kind !== 'answered') return { status: 0 };
  const { transactionId, holdId, error } = JSON.parse(result.body) as {
    transactionId?: string;
    holdId?: string;
    error?: { code: string; outcome?: string; transactionId?: string; holdId?: string };
  };
  return {
    status: result.status,
    code: error?.code,
    outcome: error?.outcome,
    transactionId: transactionId ?? holdId ?? error?.transactionId ?? error?.holdId,
  };
}
