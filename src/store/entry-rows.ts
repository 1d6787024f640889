import type pg from 'pg';
import type { PublicName } from '../ids.ts';
import type { Entry, Slice } from '../ledger/account.ts';
import { arrayParameter, arraysOf, type Column, columnsOf, namesOf } from './columns.ts';
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
  for (const { lot, debt, amount, money, opens, undoes } of slices) {
    if (text.length > 1) text += ',';
    text += lot === undefined ? `{"debt":${debt}` : `{"lot":${lot}`;
    text += `,"amount":${amount},"money":${money}${opens ? ',"opens":true' : ''}`;
    text += undoes ? `,"undoes":{"entry":${undoes.entry},"slice":${undoes.slice}}}` : '}';
  }
  return `${text}]`;
}

const column = columnsOf<NewEntry>();

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

/** Columns that only captures, refunds, voids and accounts under a monthly limit fill: looked at where there is one. */
const RELATION_COLUMNS = [
  column('hold', 'integer', ({ entry }) => entry.relation.hold?.hold),
  column('captured', 'bigint', ({ entry }) => entry.relation.hold?.captured),
  column('remaining', 'bigint', ({ entry }) => entry.relation.hold?.remaining),
  column('undoes', 'integer', ({ entry }) => entry.relation.undoes),
  column('refundable', 'bigint', ({ entry }) => entry.relation.refundable),
  column('soft_limit', 'bigint', ({ entry }) => entry.softLimit || undefined),
  column('hard_limit', 'bigint', ({ entry }) => entry.hardLimit || undefined),
];

const ALL_OPTIONAL_COLUMNS = [...OPTIONAL_COLUMNS, ...RELATION_COLUMNS];

function hasRelation({ entry: { relation, softLimit, hardLimit } }: NewEntry): boolean {
  return relation.hold !== undefined || relation.undoes !== undefined || softLimit > 0n || hardLimit > 0n;
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
  const optional = entries.some(hasRelation) ? ALL_OPTIONAL_COLUMNS : OPTIONAL_COLUMNS;
  const filled = optional
    .map((_, i) => i)
    .filter((i) => entries.some((row) => optional[i]?.pick(row) !== undefined));
  const arrays = [
    ...OWN_COLUMNS,
    ...(allAlike ? [] : COMMON_COLUMNS),
    ...filled.flatMap((i) => optional[i] ?? []),
  ];
  const scalars = allAlike ? COMMON_COLUMNS : [];
  const name = `insert-entries-${allAlike ? 'alike' : 'mixed'}-${filled.join('-')}`;
  let text = insertStatements.get(name);
  if (!text) {
    text = insertStatement(arrays, scalars);
    insertStatements.set(name, text);
  }
  await client.query({
    name,
    text,
    values: [
      `[${entries.map(({ entry }) => slicesText(entry.slices)).join(',')}]`,
      ...arrays.map((array) => arrayParameter(array, entries)),
      ...scalars.map(({ pick }) => pick(first)),
    ],
  });
}

/** By name: which columns a batch fills makes the statement, and most batches fill the same. */
const insertStatements = new Map<string, string>();

function insertStatement(arrays: readonly Column<NewEntry>[], scalars: readonly Column<NewEntry>[]): string {
  const selected = [
    ...arrays.map(({ name }) => (name === 'ip' ? 'n.ip::inet' : `n.${name}`)),
    ...scalars.map(({ type }, i) => `$${arrays.length + i + 2}::${type}`),
  ];
  return `
    INSERT INTO entries (slices, ${namesOf([...arrays, ...scalars])})
    SELECT n.slices, ${selected.join(', ')}
    FROM ROWS FROM (unnest(${arraysOf(arrays, 2)}), jsonb_array_elements($1::jsonb)) AS n (${namesOf(arrays)}, slices)`;
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
