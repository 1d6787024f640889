import assert from 'node:assert/strict';
import { previewSpend } from '../../src/operations/preview-spend.ts';
import { readBalanceAt } from '../../src/operations/read-balance-at.ts';
import type { NaiveAccount } from './naive-account.ts';
import { ask } from './naive-ledger.ts';
import { inCredits, type NaiveEntry, type NaiveSlice } from './naive-words.ts';
import type { Subject } from './play.ts';
import type { World } from './world.ts';

/** What a spend would come to is what it comes to in the model, of which a copy is asked. */
export async function comparePreviews(world: World, subject: Subject, now: number): Promise<void> {
  const { account, customer } = subject;
  const { available } = account;
  const amounts = [1n, available, available + 1n, account.hardLimit, account.hardLimit + 1n];
  for (const amount of amounts.filter((each) => each > 0n && each <= 1_000_000_000_000_000n)) {
    const { services, main } = world;
    const spend = { identityId: customer.living, amount };
    const { refusal, ...preview } = await previewSpend(services, main, spend, { requestId: 'model' });
    const answer = ask(account.copy(), { command: { kind: 'spend', amount } }, now);
    const { code, details = {}, entry } = answer;
    const old = inCredits(account.balance);
    const shortBy = code === 'PUBLIC_CREDIT_IS_NOT_SUFFICIENT' ? { amount: details.shortBy } : undefined;
    const debt = entry?.slices.find((slice) => slice.debt !== undefined);
    assert.deepEqual(preview, {
      ...{ success: true, wouldSucceed: entry !== undefined, oldCreditBalance: old },
      newCreditBalance: entry ? inCredits(entry.balance) : old,
      lots: entry?.slices.flatMap((slice) => payingLot(subject, slice)) ?? [],
      ...(debt && { debt: inCredits(-debt.amount) }),
      ...(shortBy && { smallestChange: shortBy }),
    });
    const { code: told, message: _, description: __, requestId: ___, ...figures } = refusal ?? {};
    assert.deepEqual([told, figures], [code, code ? details : {}], 'a preview tells the refusal');
  }
}

function payingLot({ account, entryIds }: Subject, { lot: number, amount, money }: NaiveSlice): object[] {
  if (number === undefined) return [];
  const lot = account.lot(number);
  const expirationDate = lot.expiresAt === null ? undefined : new Date(lot.expiresAt).toISOString();
  return [
    {
      ...{ transactionId: entryIds.get(lot.openedBy), amount: inCredits(-amount) },
      ...{ amountMoney: inCredits(-money), priority: lot.priority },
      ...(expirationDate && { expirationDate }),
    },
  ];
}

/** What the balance was at some instants of the past. */
export async function comparePast({ services, main }: World, subject: Subject): Promise<void> {
  const { account, customer } = subject;
  const instants = [account.entries.at(-1), account.entries[account.entries.length >> 1]].flatMap((entry) =>
    entry ? [entry.at - 1, entry.at] : [],
  );
  for (const at of instants) {
    const told = await readBalanceAt(services, main, {
      ...{ identityId: customer.living, at: new Date(at).toISOString() },
    });
    const entry = lastUpTo(account, at);
    assert.deepEqual(
      [told.creditBalance, told.creditMoneyBalance],
      [inCredits(entry?.balance ?? 0n), inCredits(entry?.balanceMoney ?? 0n)],
      `the balance at ${told.at}`,
    );
  }
}

function lastUpTo({ entries }: NaiveAccount, at: number): NaiveEntry | undefined {
  return entries.findLast((entry) => entry.at <= at);
}
