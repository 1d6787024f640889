import type pg from 'pg';
import type { PublicName } from '../ids.ts';
import type { AccountChange, Entry, Slice } from '../ledger/account.ts';
import { type NumberType, numberArray, textArray, uuidArray } from './array-parameter.ts';
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

interface Column {
  readonly name: string;
  readonly type: NumberType | 'text' | 'uuid';
  readonly pick: (row: NewEntry) => number | bigint | string | undefined;
}

function column(name: string, type: Column['type'], pick: Column['pick']): Column {
  return { name, type, pick };
}

const OWN_COLUMNS = [
  column('account_id', 'bigint', (row) => row.accountId),
  column('seq', 'integer', ({ entry }) => entry.seq),
  column('version', 'bigint', ({ entry }) => entry.version),
  column('attempt', 'integer', (row) => row.attempt),
  column('amount', 'bigint', ({ entry }) => entry.amount),
  column('amount_money', 'bigint', ({ entry }) => entry.amountMoney),
  column('balance', 'bigint', ({ entry }) => entry.balance),
  column('balance_money', 'bigint', ({ entry }) => entry.balanceMoney),
];

/** Columns in which the entries of a batch are often all alike. */
const COMMON_COLUMNS = [
  column('at_ms', 'bigint', ({ entry }) => entry.atMs),
  column('held', 'bigint', ({ entry }) => entry.held),
  column('debt_limit', 'bigint', ({ entry }) => entry.debtLimit),
  column('kind', 'text', ({ entry }) => entry.kind),
  column('author', 'text', ({ entry }) => entry.note.author),
];

/** Columns that many entries leave empty. */
const OPTIONAL_COLUMNS = [
  column('description', 'text', ({ entry }) => entry.note.description),
  column('ip', 'text', ({ entry }) => entry.note.ip),
  column('key_hash', 'uuid', (row) => row.idempotency?.keyHash),
  column('request_hash', 'uuid', (row) => row.idempotency?.requestHash),
  column('order_number', 'text', ({ entry }) => entry.note.order?.orderNumber),
  column('order_hash', 'text', ({ entry }) => entry.note.order?.hash),
  column('order_group', 'text', ({ entry }) => entry.note.order?.groupName),
];

function toParameter({ type, pick }: Column, entries: readonly NewEntry[]): Buffer {
  const values = entries.map(pick);
  if (type === 'text') return textArray(values as (string | undefined)[]);
  if (type === 'uuid') return uuidArray(values as (string | undefined)[]);
  return numberArray(values as (number | bigint | undefined)[], type);
}

/**
 * Adds entries. What every entry of the batch says alike goes once instead of once a row, and what none says is
 * left out. The slices go as one JSON document: as an array of documents each would be escaped and read back.
 */
export async function insertEntries(client: pg.ClientBase, entries: readonly NewEntry[]): Promise<void> {
  const [first] = entries;
  if (!first) return;
  const allAlike = COMMON_COLUMNS.every(({ pick }) => {
    const value = pick(first);
    return entries.every((row) => pick(row) === value);
  });
  const filled = OPTIONAL_COLUMNS.map((_, i) => i).filter((i) =>
    entries.some((row) => OPTIONAL_COLUMNS[i]?.pick(row) !== undefined),
  );
  const arrays = [
    ...OWN_COLUMNS,
    ...(allAlike ? [] : COMMON_COLUMNS),
    ...filled.flatMap((i) => OPTIONAL_COLUMNS[i] ?? []),
  ];
  const scalars = allAlike ? COMMON_COLUMNS : [];
  await client.query({
    name: `insert-entries-${allAlike ? 'alike' : 'mixed'}-${filled.join('-')}`,
    text: insertStatement(arrays, scalars),
    values: [
      `[${entries.map(({ entry }) => slicesText(entry.slices)).join(',')}]`,
      ...arrays.map((array) => toParameter(array, entries)),
      ...scalars.map(({ pick }) => pick(first)),
    ],
  });
}

function insertStatement(arrays: readonly Column[], scalars: readonly Column[]): string {
  const names = arrays.map(({ name }) => name).join(', ');
  const parameters = arrays.map(({ type }, i) => `$${i + 2}::${type}[]`).join(', ');
  const selected = [
    ...arrays.map(({ name }) => (name === 'ip' ? 'n.ip::inet' : `n.${name}`)),
    ...scalars.map(({ type }, i) => `$${arrays.length + i + 2}::${type}`),
  ];
  return `
    INSERT INTO entries (slices, ${[...arrays, ...scalars].map(({ name }) => name).join(', ')})
    SELECT n.slices, ${selected.join(', ')}
    FROM ROWS FROM (unnest(${parameters}), jsonb_array_elements($1::jsonb)) AS n (${names}, slices)`;
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
  { accountId, seq, attempt }: PublicName,
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
