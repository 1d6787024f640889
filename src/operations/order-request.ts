import { Refusal } from '../refusals.ts';
import { readAnsweredKeys } from '../store/answered-keys.ts';
import { CommitInDoubtError, inTransaction, type Transaction } from '../store/database.ts';
import {
  answerOrderRequests,
  insertOrderRequest,
  type OrderOperation,
  readOrderRequest,
} from '../store/order-requests.ts';
import type { OrderRow } from '../store/order-rows.ts';
import type { Idempotency } from '../writer/job.ts';
import type { DecidedAnswer, Services } from './services.ts';

/** A request about an order, with the Idempotency-Key that it came with. */
export interface OrderRequest {
  readonly operation: OrderOperation;
  readonly idempotency: Idempotency | undefined;
  /** What a success is answered. */
  readonly body: string;
}

/** The answer of mark-paid and storno. */
export const SUCCESS_BODY = '{"success":true}';

/** A request that came before with the same key. */
export interface KnownRequest {
  readonly orderId: number;
  /** Absent while what was begun is not finished. */
  readonly answer: DecidedAnswer | undefined;
}

/**
 * Looks whether the key of a request was used before. The account's customer, or an order of it, must be locked, so
 * that of two such requests at once the second sees the first.
 *
 * @returns the request as it is known; undefined for a new one.
 * @throws Refusal PUBLIC_IDEMPOTENCY_KEY_REUSED
 */
export async function findRequest(
  tx: Transaction,
  accountId: number,
  idempotency: Idempotency | undefined,
): Promise<KnownRequest | undefined> {
  if (!idempotency) return undefined;
  const { keyHash, requestHash } = idempotency;
  const kept = await readOrderRequest(tx, accountId, keyHash);
  if (!kept) {
    const [elsewhere] = await readAnsweredKeys(tx, [accountId], [keyHash]);
    if (elsewhere) throw new Refusal('PUBLIC_IDEMPOTENCY_KEY_REUSED');
    return undefined;
  }
  if (kept.requestHash !== requestHash) throw new Refusal('PUBLIC_IDEMPOTENCY_KEY_REUSED');
  const { orderId, status, body } = kept;
  return { orderId, answer: status === null ? undefined : { status, body, replayed: true } };
}

/**
 * Binds the key to its request, in the commit of what the request begins or does. With an answer it also answers those
 * who asked the same of the order before and wait.
 *
 * @param answer what it is answered; undefined while that is not decided.
 * @throws Refusal PUBLIC_IDEMPOTENCY_KEY_REUSED where a request about another order was quicker.
 */
export async function bindKey(
  tx: Transaction,
  { orderId, accountId }: Pick<OrderRow, 'orderId' | 'accountId'>,
  { operation, idempotency, body }: OrderRequest,
  answer: DecidedAnswer | undefined,
): Promise<void> {
  if (idempotency) {
    const { keyHash, requestHash } = idempotency;
    const request = { accountId, orderId, operation, keyHash, requestHash, status: null, body };
    const isNew = await insertOrderRequest(tx, request);
    // A request that was begun before and is taken up again has its key already.
    const kept = isNew ? idempotency : await readOrderRequest(tx, accountId, keyHash);
    if (kept?.requestHash !== requestHash) throw new Refusal('PUBLIC_IDEMPOTENCY_KEY_REUSED');
  }
  if (answer) await answerOrderRequests(tx, orderId, [operation], answer);
}

/**
 * @param own what this call would answer.
 * @returns what all calls with this key are answered: another one may have been quicker with the last step.
 */
export async function answerOfKey(
  { database }: Pick<Services, 'database'>,
  { accountId }: Pick<OrderRow, 'accountId'>,
  idempotency: Idempotency | undefined,
  own: DecidedAnswer,
): Promise<DecidedAnswer> {
  if (!idempotency) return own;
  const kept = await readOrderRequest(database.pool, accountId, idempotency.keyHash).catch(() => {
    throw unknownOutcome();
  });
  if (kept?.status == null) return own;
  return { status: kept.status, body: kept.body, replayed: false };
}

/** It may have happened, or will: whoever comes next finishes it. */
export function unknownOutcome(): Refusal {
  return new Refusal('PUBLIC_OUTCOME_IS_UNKNOWN', { outcome: 'unknown' });
}

/**
 * Runs a step of an order in one transaction, and where the commit was lost does not claim that nothing happened.
 *
 * @param begun whether something of the request is on disk already: then every failure leaves its outcome open.
 * @throws Refusal PUBLIC_OUTCOME_IS_UNKNOWN, and what `step` throws.
 */
export async function inOrderTransaction<T>(
  { database, log }: Pick<Services, 'database' | 'log'>,
  step: (tx: Transaction) => Promise<T>,
  begun: 'nothing-begun' | 'begun' = 'nothing-begun',
): Promise<T> {
  try {
    return await inTransaction(database, step);
  } catch (error) {
    const isOpen = begun === 'begun' || error instanceof CommitInDoubtError;
    if (error instanceof Refusal || !isOpen) throw error;
    log.warn({ err: error }, 'a step of an order may not have been done; it is finished later');
    throw unknownOutcome();
  }
}
