import type pg from 'pg';
import type { EntryName } from '../ids.ts';
import type { AccountChange, Entry, Slice } from '../ledger/account.ts';
import { numberArray, textArray } from './array-literal.ts';
import type { Queryable } from './database.ts';

/** An entry to be written, with what is known of it outside the ledger. */
export interface NewEntry {
  readonly accountId: number;
  readonly entry: Entry;
  readonly attempt: number;
  readonly idempotency: { readonly keyHash: string; readonly requestHash: string } | undefined;
}

/** Amounts in slices stay below 2^53, so JSON numbers carry them unchanged. */
function slicesText(slices: readonly Slice[]): string {
  let text = '[';
  for (const { lot, debt, amount, money, opens } of slices) {
    if (text.length > 1) text += ',';
    text += lot === undefined ? `{"debt":${debt}` : `{"lot":${lot}`;
    text += `,"amount":${amount},"money":${money}${opens ? ',"opens":true}' : '}'}`;
  }
  return `${text}]`;
}

/** Adds entries. */
export async function insertEntries(client: pg.ClientBase, entries: readonly NewEntry[]): Promise<void> {
  const numbers = (pick: (row: NewEntry) => number | bigint) => numberArray(entries.map(pick));
  const texts = (pick: (row: NewEntry) => string | undefined) =>
    textArray(entries.map((row) => pick(row) ?? null));
  await client.query({
    name: 'insert-entries',
    text: `
      INSERT INTO entries (account_id, seq, version, attempt, at_ms, kind, amount, amount_money,
        balance, balance_money, held, debt_limit, slices, description,
        order_number, order_hash, order_group, author, ip, key_hash, request_hash)
      SELECT n.account_id, n.seq, n.version, n.attempt, n.at_ms, n.kind, n.amount, n.amount_money,
        n.balance, n.balance_money, n.held, n.debt_limit, n.slices, n.description,
        n.order_number, n.order_hash, n.order_group, n.author, n.ip, n.key_hash, n.request_hash
      FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::integer[], $5::bigint[], $6::text[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
        $13::jsonb[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::inet[],
        $20::uuid[], $21::uuid[]
      ) AS n (account_id, seq, version, attempt, at_ms, kind, amount, amount_money,
        balance, balance_money, held, debt_limit, slices, description,
        order_number, order_hash, order_group, author, ip, key_hash, request_hash)`,
    values: [
      numbers((row) => row.accountId),
      numbers(({ entry }) => entry.seq),
      numbers(({ entry }) => entry.version),
      numbers((row) => row.attempt),
      numbers(({ entry }) => entry.atMs),
      texts(({ entry }) => entry.kind),
      numbers(({ entry }) => entry.amount),
      numbers(({ entry }) => entry.amountMoney),
      numbers(({ entry }) => entry.balance),
      numbers(({ entry }) => entry.balanceMoney),
      numbers(({ entry }) => entry.held),
      numbers(({ entry }) => entry.debtLimit),
      texts(({ entry }) => slicesText(entry.slices)),
      texts(({ entry }) => entry.note.description),
      texts(({ entry }) => entry.note.order?.orderNumber),
      texts(({ entry }) => entry.note.order?.hash),
      texts(({ entry }) => entry.note.order?.groupName),
      texts(({ entry }) => entry.note.author),
      texts(({ entry }) => entry.note.ip),
      texts((row) => row.idempotency?.keyHash),
      texts((row) => row.idempotency?.requestHash),
    ],
  });
}

/** Adds changes of accounts that are no entries. */
export async function insertAccountChanges(
  client: pg.ClientBase,
  changes: readonly { readonly accountId: number; readonly change: AccountChange }[],
): Promise<void> {
  await client.query({
    name: 'insert-account-changes',
    text: `
      INSERT INTO account_changes (account_id, version, at_ms, kind, debt_limit, reason, author)
      SELECT n.account_id, n.version, n.at_ms, n.kind, n.debt_limit, n.reason, n.author
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[])
        AS n (account_id, version, at_ms, kind, debt_limit, reason, author)`,
    values: [
      numberArray(changes.map(({ accountId }) => accountId)),
      numberArray(changes.map(({ change }) => change.version)),
      numberArray(changes.map(({ change }) => change.atMs)),
      textArray(changes.map(({ change }) => change.kind)),
      numberArray(changes.map(({ change }) => change.debtLimit)),
      textArray(changes.map(({ change }) => change.reason ?? null)),
      textArray(changes.map(({ change }) => change.author)),
    ],
  });
}

/** @returns whether this attempt's entry is there; another attempt's under the same seq does not count. */
export async function hasEntry(
  queryable: Queryable,
  { accountId, seq, attempt }: EntryName,
): Promise<boolean> {
  const { rows } = await queryable.query({
    name: 'has-entry',
    text: `SELECT FROM entries WHERE account_id = $1 AND seq = $2 AND attempt = $3`,
    values: [accountId, seq, attempt],
  });
  return rows.length > 0;
}

/** @returns whether this very change is there; its instant tells it from another one of the same version. */
export async function hasAccountChange(
  queryable: Queryable,
  { accountId, change }: { readonly accountId: number; readonly change: AccountChange },
): Promise<boolean> {
  const { version, kind, atMs, author } = change;
  const { rows } = await queryable.query({
    name: 'has-account-change',
    text: `
      SELECT FROM account_changes
      WHERE account_id = $1 AND version = $2 AND kind = $3 AND at_ms = $4 AND author = $5`,
    values: [accountId, version, kind, atMs, author],
  });
  return rows.length > 0;
}
