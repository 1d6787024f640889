import { randomUUID } from 'node:crypto';
import { fromMicro } from '../ledger/amount.ts';
import type { Command } from '../ledger/command.ts';
import { Refusal, validationFailed } from '../refusals.ts';
import { inTransaction } from '../store/database.ts';
import {
  blankHistory,
  erasePersonalData,
  listOpenHolds,
  lockCustomerToErase,
  lockEmptyAccount,
  setErased,
} from '../store/erasure-rows.ts';
import { deleteMailsOfAccount } from '../store/mails.ts';
import { blankOrdersOf } from '../store/order-rows.ts';
import type { Submission } from '../writer/job.ts';
import { lookAtFigures, readBooked } from './book-what-is-due.ts';
import type { NamedByOperator } from './change-account.ts';
import { nameCustomer } from './name-customer.ts';
import type { Caller, Services } from './services.ts';

/** Which customer's personal data are to be erased. */
export interface EraseRequest {
  readonly customer: NamedByOperator;
  /** Kept with the account, as the reason of its ban and of what is written off. */
  readonly reason?: string | undefined;
  /** Whether open holds are released, and a balance or a debt is taken away; then there must be a reason. */
  readonly writeOff?: boolean | undefined;
}

const ROWS_AT_ONCE = 10_000;
const HOLDS_AT_ONCE = 1_000;
/** Others may grant or hold meanwhile; this many times what they did is written off too. */
const ROUNDS = 10;

/**
 * Erases the personal data of a customer. The account stays, banned, with all its entries and without a word in
 * them; orders that wait to be paid are cancelled. Erasing again finishes what was begun, and writes off what has
 * come to the account since; otherwise it changes nothing.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED (a write-off without a reason); INTERNAL_RESOURCE_NOT_FOUND;
 *   PUBLIC_CUSTOMER_HAS_CREDIT where balance, debt or a hold is left and is not to be written off, or an order is being
 *   paid at this moment; PUBLIC_OUTCOME_IS_UNKNOWN where it was cut off once begun; and what the writer throws.
 */
export async function eraseCustomer(
  services: Services,
  caller: Caller,
  { customer, reason, writeOff = false }: EraseRequest,
): Promise<{ success: true }> {
  if (writeOff && !reason?.trim()) {
    throw validationFailed([{ pointer: '/reason', message: 'must say why credit is written off' }]);
  }
  const { accountId, ledgerId } = await nameCustomer(services, caller, customer);
  // What is due is booked, so that credit which has expired keeps nobody from being erased.
  const { isEmpty } = await readWhatIsLeft(services, accountId);
  if (!isEmpty && !writeOff) throw await hasCredit(services, accountId);
  const state = await inTransaction(services.database, async (tx) => {
    const locked = await lockCustomerToErase(tx, accountId);
    if (!locked) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    if (locked.erased) return 'erased';
    if (locked.hasUnfinishedOrder || (!writeOff && !(await lockEmptyAccount(tx, accountId)))) return 'in use';
    await erasePersonalData(tx, accountId, caller.author);
    await blankOrdersOf(tx, accountId);
    await deleteMailsOfAccount(tx, accountId);
    return 'begun';
  });
  if (state === 'in use') throw await hasCredit(services, accountId);
  const account = { accountId, ledgerId, author: caller.author };
  await finishErasure(services, account, reason, state).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'PUBLIC_CUSTOMER_HAS_CREDIT') throw error;
    services.log.warn({ err: error, accountId }, 'an erasure was cut off; the next one finishes it');
    throw new Refusal('PUBLIC_OUTCOME_IS_UNKNOWN', { outcome: 'unknown' });
  });
  return { success: true };
}

async function finishErasure(
  services: Services,
  account: Account,
  reason: string | undefined,
  state: 'begun' | 'erased',
): Promise<void> {
  const { pool } = services.database;
  const { accountId, author } = account;
  if (state === 'begun') {
    // Banned and without holds first: what a spend or a capture says of itself must not come behind what is blanked.
    await services.writer.submit(submissionOf(account, { kind: 'set-ban', banned: true }));
    await releaseHolds(services, account);
    await blankHistory(pool, accountId, ROWS_AT_ONCE);
    await banForGood(services, account, reason);
  }
  await writeOffWhatIsLeft(services, account, reason);
  if (state === 'erased') return;
  await setErased(pool, accountId);
  services.log.info({ accountId, author }, 'the personal data of a customer were erased');
}

async function hasCredit(services: Services, accountId: number): Promise<Refusal> {
  const { balance, held, debt } = await readWhatIsLeft(services, accountId);
  return new Refusal('PUBLIC_CUSTOMER_HAS_CREDIT', {
    creditBalance: fromMicro(balance),
    held: fromMicro(held),
    debt: fromMicro(debt),
  });
}

async function readWhatIsLeft(services: Services, accountId: number) {
  const { figures } = await readBooked(services, accountId, () =>
    lookAtFigures(services, services.database.pool, accountId),
  );
  const { balance, held, debt } = figures;
  return { balance, held, debt, isEmpty: balance === 0n && held === 0n && debt === 0n };
}

type Account = Pick<Submission, 'accountId' | 'ledgerId' | 'author'>;

const submissionOf = (account: Account, command: Command): Submission => ({
  ...account,
  command,
  requestId: randomUUID(),
});

/** The ban is lifted and set again in one commit, or nothing would tell this reason. */
async function banForGood({ writer }: Services, account: Account, reason: string | undefined): Promise<void> {
  const lift = submissionOf(account, { kind: 'set-ban', banned: false });
  const ban = submissionOf(account, { kind: 'set-ban', banned: true, reason });
  await Promise.all(writer.submitTogether([lift, ban]));
}

async function releaseHolds({ writer, database }: Services, account: Account): Promise<void> {
  const holds = await listOpenHolds(database.pool, account.accountId, HOLDS_AT_ONCE);
  await Promise.all(
    holds.map((named) => writer.submit(submissionOf(account, { kind: 'release', ...named }))),
  );
}

/** Releases holds and takes credit or debt away, each step through the door with the reason. */
async function writeOffWhatIsLeft(
  services: Services,
  account: Account,
  reason: string | undefined,
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await releaseHolds(services, account);
    const { balance, held, isEmpty } = await readWhatIsLeft(services, account.accountId);
    if (isEmpty) return;
    if (held > 0n) continue;
    // What is owed was never paid, so lifting it brings no money.
    const lift = { kind: 'adjustment', amount: -balance, money: 0n, expiresAtMs: null } as const;
    await services.writer.submit(submissionOf(account, { ...lift, description: reason }));
  }
  throw await hasCredit(services, account.accountId);
}
