import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, call, type Result } from '../history/call.ts';
import type { History, Operation, Subject } from '../history/record.ts';

/** Asks one server for one thing after another and keeps what was said, for the check of the history. */
export class Asking {
  readonly history: History;
  readonly #apiKey: string;
  #count = 0;

  constructor(apiKey: string, subjects: readonly Subject[]) {
    this.#apiKey = apiKey;
    this.history = { subjects, operations: [], oddities: [] };
  }

  /** A spend that was not sent yet. */
  spend(subject: Subject, amount: number, how: { key?: boolean; description?: string } = {}): Operation {
    const name = how.description ?? `spend-${++this.#count}`;
    const idempotencyKey = how.key === false ? undefined : `key-${name}`;
    const identityId = subject.sessions.at(-1)?.identityId;
    const body = { identityId, amount, description: name };
    const rest = { idempotencyKey, body, attempts: [], twins: false };
    return this.#noted({ name, kind: 'spend', subject, amount, ...rest });
  }

  /** A grant that was not sent yet. */
  grant(subject: Subject, amount: number): Operation {
    const name = `grant-${++this.#count}`;
    const body = { cuRefNo: subject.cuRefNo, amount, description: name };
    const rest = { idempotencyKey: `key-${name}`, body, attempts: [], twins: false };
    return this.#noted({ name, kind: 'grant', subject, amount, ...rest });
  }

  #noted(operation: Operation): Operation {
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
    const session = kind === 'spend' ? operation.subject.sessions.at(-1) : undefined;
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

/** @returns status and, where there is one, the code, outcome and transactionId of an answer. */
export function told(result: Result | undefined): {
  readonly status: number;
  readonly outcome?: string | undefined;
  readonly code?: string | undefined;
  readonly transactionId?: string | undefined;
} {
  if (result?.kind !== 'answered') return { status: 0 };
  const { transactionId, error } = JSON.parse(result.body) as {
    transactionId?: string;
    error?: { code: string; outcome?: string; transactionId?: string };
  };
  return {
    status: result.status,
    code: error?.code,
    outcome: error?.outcome,
    transactionId: transactionId ?? error?.transactionId,
  };
}
