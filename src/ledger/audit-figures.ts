import {
  type AuditedAccount,
  type AuditedLot,
  type AuditedRows,
  credits,
  type Invariant,
  type Report,
} from './audit-words.ts';

/** What the history says of an account's figures. */
export interface ToldFigures {
  readonly seq: number;
  readonly version: number;
  readonly atMs: number;
  readonly banned: boolean;
  readonly balance: bigint;
  readonly balanceMoney: bigint;
  readonly debtLimit: bigint;
}

/** @returns the lots with what is true of them: the account row has the figures of the one being burnt. */
export function trueLots({ account: { cursor }, lots }: AuditedRows, report: Report): AuditedLot[] {
  return lots.map((lot) => {
    if (cursor?.lot !== lot.lot) return lot;
    // The sweeper and the next cursor find a lot by its own row, so that may be late, but must show free credit.
    if (lot.remaining <= lot.held) {
      report('I2', `lot ${lot.lot} is the cursor, but its own row shows no free credit`);
    }
    const { remaining, money: remainingMoney, held } = cursor;
    return { ...lot, remaining, remainingMoney, held };
  });
}

/** Compares the account's row with the end of its history (I1). */
export function checkFigures(account: AuditedAccount, told: ToldFigures, report: Report): void {
  const expect = (what: string, is: unknown, should: unknown, invariant: Invariant = 'I1') => {
    if (is !== should) report(invariant, `the account's ${what} is ${is}, its history says ${should}`);
  };
  expect('last seq', account.lastSeq, told.seq);
  expect('version', account.version, told.version);
  expect('last instant', account.lastAtMs, told.atMs);
  expect('ban', account.banned, told.banned);
  expect('balance', credits(account.balance), credits(told.balance));
  expect('money', credits(account.balanceMoney), credits(told.balanceMoney));
  expect('debt limit', credits(account.debtLimit), credits(told.debtLimit));
}

/** Compares the account's row with the sums of its lots and debts (I3). */
export function checkSums(
  { account, debts }: AuditedRows,
  lots: readonly AuditedLot[],
  report: Report,
): void {
  const remaining = lots.reduce((sum, lot) => sum + lot.remaining, 0n);
  const money = lots.reduce((sum, lot) => sum + lot.remainingMoney, 0n);
  const open = debts.reduce((sum, debt) => sum + debt.open, 0n);
  if (account.debt !== open || open < 0n) {
    report('I3', `the account's debt is ${credits(account.debt)}, its debts are ${credits(open)}`);
  }
  if (account.balance !== remaining - account.debt) {
    const should = `${credits(remaining)} in lots less a debt of ${credits(account.debt)}`;
    report('I3', `the account's balance is ${credits(account.balance)}, not ${should}`);
  }
  if (account.balanceMoney !== money) {
    report('I3', `the account's money is ${credits(account.balanceMoney)}, its lots' ${credits(money)}`);
  }
  if (account.lastLot !== lots.reduce((last, lot) => Math.max(last, lot.lot), 0)) {
    report('I2', `the account says that its last lot is ${account.lastLot}`);
  }
}

/**
 * Compares what the account row caches about lots with the lots (I2). It was written at the account's last instant.
 *
 * @param first the lot that burns first then.
 */
export function checkCache(
  { cursor, nextDueMs }: AuditedAccount,
  lots: readonly AuditedLot[],
  first: number | undefined,
  report: Report,
): void {
  let dueMs: number | null = null;
  for (const lot of lots) {
    if (lot.expiresAtMs === null || lot.remaining <= lot.held) continue;
    if (dueMs === null || lot.expiresAtMs < dueMs) dueMs = lot.expiresAtMs;
  }
  if (nextDueMs !== dueMs) {
    report('I2', `the account expects the next expiry at ${nextDueMs}, its lots at ${dueMs}`);
  }
  if (cursor?.lot !== first) {
    report('I2', `the account's cursor is lot ${cursor?.lot ?? 'none'}, first is ${first ?? 'none'}`);
  }
  const lot = lots.find((each) => each.lot === cursor?.lot);
  if (!cursor || !lot) return;
  if (cursor.priority !== lot.priority || cursor.expiresAtMs !== lot.expiresAtMs) {
    report('I2', `the account's cursor tells another priority or expiry than lot ${lot.lot}`);
  }
}
