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

type NumberColumn = readonly [name: string, type: string, pick: (row: NewEntry) => number | bigint];
type TextColumn = readonly [name: string, type: string, pick: (row: NewEntry) => string | undefined];

const NUMBER_COLUMNS: readonly NumberColumn[] = [
  ['account_id', 'bigint', (row) => row.accountId],
  ['seq', 'integer', ({ entry }) => entry.seq],
  ['version', 'bigint', ({ entry }) => entry.version],
  ['attempt', 'integer', (row) => row.attempt],
  ['at_ms', 'bigint', ({ entry }) => entry.atMs],
  ['amount', 'bigint', ({ entry }) => entry.amount],
  ['amount_money', 'bigint', ({ entry }) => entry.amountMoney],
  ['balance', 'bigint', ({ entry }) => entry.balance],
  ['balance_money', 'bigint', ({ entry }) => entry.balanceMoney],
  ['held', 'bigint', ({ entry }) => entry.held],
  ['debt_limit', 'bigint', ({ entry }) => entry.debtLimit],
];

const TEXT_COLUMNS: readonly TextColumn[] = [
  ['kind', 'text', ({ entry }) => entry.kind],
  ['author', 'text', ({ entry }) => entry.note.author],
  ['description', 'text', ({ entry }) => entry.note.description],
  ['ip', 'inet', ({ entry }) => entry.note.ip],
  ['key_hash', 'uuid', (row) => row.idempotency?.keyHash],
  ['request_hash', 'uuid', (row) => row.idempotency?.requestHash],
  ['order_number', 'text', ({ entry }) => entry.note.order?.orderNumber],
  ['order_hash', 'text', ({ entry }) => entry.note.order?.hash],
  ['order_group', 'text', ({ entry }) => entry.note.order?.groupName],
];

/**
 * Adds entries. A text that no entry of the batch has is left out of the statement. The slices go as one JSON
 * document: as an array of documents every quote in them would be escaped and read back.
 */
export async function insertEntries(client: pg.ClientBase, entries: readonly NewEntry[]): Promise<void> {
  const texts = TEXT_COLUMNS.map(([name, type, pick], place) => ({
    place,
    name,
    type,
    values: entries.map(pick),
  })).filter(({ values }) => values.some((value) => value !== undefined));
  const columns = [...NUMBER_COLUMNS.map(([name, type]) => ({ name, type })), ...texts];
  const names = columns.map(({ name }) => name).join(', ');
  const arrays = columns.map(({ type }, i) => `$${i + 2}::${type}[]`).join(', ');
  await client.query({
    name: `insert-entries-${texts.map(({ place }) => place).join('-')}`,
    text: `
      INSERT INTO entries (${names}, slices) SELECT ${names}, slices
      FROM ROWS FROM (unnest(${arrays}), jsonb_array_elements($1::jsonb)) AS n (${names}, slices)`,
    values: [
      `[${entries.map(({ entry }) => slicesText(entry.slices)).join(',')}]`,
      ...NUMBER_COLUMNS.map(([, , pick]) => numberArray(entries.map(pick))),
      ...texts.map(({ values }) => textArray(values)),
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
