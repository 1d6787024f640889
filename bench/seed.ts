import type pg from 'pg';
import { identitySql } from './load-plan.ts';

/** A group of made-up customers, loaded straight into the tables, with books that `purser verify` accepts. */
export interface CustomerGroup {
  readonly ledgerId: number;
  /** Also the first one's account id. */
  readonly first: number;
  readonly count: number;
  /** Open lots of each customer, each with an expiry of its own more than a year ahead. */
  readonly lots: number;
  /** Credits. */
  readonly creditsPerLot: number;
  /** Spends of one credit that each customer has behind it; with one lot only. */
  readonly spends: number;
}

const DAY_MS = 86_400_000;
const MICRO = 1_000_000;

/**
 * Loads a group; PostgreSQL makes the rows itself.
 *
 * @param clients the group is dealt out over them, so that each core has something to do.
 */
export async function loadCustomers(clients: readonly pg.Client[], group: CustomerGroup): Promise<void> {
  const nowMs = Date.now();
  const share = Math.ceil(group.count / clients.length);
  await Promise.all(
    clients.map(async (client, i) => {
      const count = Math.min(share, group.count - i * share);
      for (const sql of statements({ ...group, first: group.first + i * share, count }, nowMs)) {
        await client.query(sql);
      }
    }),
  );
  await clients[0]?.query(
    `SELECT setval(pg_get_serial_sequence('purser.customers', 'account_id'), max(account_id)) FROM purser.customers`,
  );
}

function statements(group: CustomerGroup, nowMs: number): string[] {
  const { ledgerId, first, count, lots, spends } = group;
  const everyone = `generate_series(${first}, ${first + count - 1}) AS id`;
  const perLot = `${group.creditsPerLot * MICRO}::bigint`;
  const spent = `${spends * MICRO}::bigint`;
  const total = `${lots * group.creditsPerLot * MICRO - spends * MICRO}::bigint`;
  const startMs = nowMs - 30 * DAY_MS;
  const expiresAt = (lot: string) => `${nowMs + 400 * DAY_MS}::bigint + ${lot} * ${DAY_MS}::bigint`;
  const last = lots + spends;
  return [
    `INSERT INTO purser.customers (account_id, ledger_id, cu_ref_no, email) OVERRIDING SYSTEM VALUE
      SELECT id, ${ledgerId}, 'benchRef' || lpad(id::text, 8, '0'), 'customer' || id || '@example.com' FROM ${everyone}`,
    `INSERT INTO purser.sessions (identity_hash, account_id, ledger_id, expires_at)
      SELECT sha256(convert_to(${identitySql('id')}, 'UTF8')), id, ${ledgerId}, now() + interval '90 days' FROM ${everyone}`,
    `INSERT INTO purser.lots
        (account_id, lot, opened_by_seq, amount, money, priority, expires_at_ms, remaining, remaining_money)
      SELECT id, lot, lot, ${perLot}, ${perLot}, 50, ${expiresAt('lot')}, ${perLot}, ${perLot}
      FROM ${everyone}, generate_series(1, ${lots}) AS lot`,
    `INSERT INTO purser.entries (account_id, seq, version, attempt, at_ms, kind, amount, amount_money,
        balance, balance_money, held, debt_limit, slices, description, author)
      SELECT id, seq, seq, seq, ${startMs}::bigint + seq * 1000, kind, amount, amount, balance, balance, 0, 0,
        jsonb_build_array(CASE kind
          WHEN 'grant' THEN jsonb_build_object('lot', seq, 'amount', amount, 'money', amount, 'opens', true)
          ELSE jsonb_build_object('lot', 1, 'amount', amount, 'money', amount) END),
        CASE kind WHEN 'spend' THEN 'video.rewrite:15m' END, 'cli'
      FROM ${everyone}, LATERAL (
        SELECT seq, 'grant' AS kind, ${perLot} AS amount, seq * ${perLot} AS balance
        FROM generate_series(1, ${lots}) AS seq
        UNION ALL
        SELECT seq, 'spend', -${MICRO}::bigint, ${lots} * ${perLot} - (seq - ${lots}) * ${MICRO}::bigint
        FROM generate_series(${lots + 1}, ${last}) AS seq) AS history`,
    `INSERT INTO purser.accounts (account_id, ledger_id, version, last_seq, last_at_ms, balance,
        balance_money, last_lot, next_due_ms, cursor_lot, cursor_priority, cursor_expires_at_ms, cursor_remaining,
        cursor_money, cursor_held)
      SELECT id, ${ledgerId}, ${last}, ${last}, ${startMs + last * 1000}, ${total}, ${total}, ${lots},
        ${expiresAt('1')}, 1, 50, ${expiresAt('1')}, ${perLot} - ${spent}, ${perLot} - ${spent}, 0
      FROM ${everyone}`,
  ];
}

/** What the books of a database say, for comparing before and after a run. */
export interface Books {
  readonly entries: bigint;
  /** Millionths. */
  readonly balance: bigint;
}

/** @returns the sums over all accounts of Purser or of the baseline. */
export async function readBooks(client: pg.Client, schema: 'purser' | 'bench_naive'): Promise<Books> {
  const { rows } = await client.query<{ entries: string; balance: string }>(
    `SELECT sum(last_seq)::text AS entries, sum(balance)::text AS balance FROM ${schema}.accounts`,
  );
  return { entries: BigInt(rows[0]?.entries ?? 0), balance: BigInt(rows[0]?.balance ?? 0) };
}

/** @throws when a run's acknowledged spends and the books differ by a single one. */
export function compareBooks(
  before: Books,
  after: Books,
  acknowledged: number,
  amount: number,
  run: string,
): void {
  const entries = after.entries - before.entries;
  const taken = before.balance - after.balance;
  const expected = BigInt(acknowledged) * BigInt(Math.round(amount * MICRO));
  if (entries === BigInt(acknowledged) && taken === expected) return;
  throw new Error(
    `${run}: ${acknowledged} spends were acknowledged (${expected} millionths); the books have ${entries} new entries and ${taken} millionths less`,
  );
}

/** @throws where an account's figures are not those of its last entry or its entries have gaps. */
export async function checkHistory(client: pg.Client, schema: 'purser' | 'bench_naive'): Promise<void> {
  const { rows } = await client.query<{ wrong: string }>(
    `SELECT count(*) AS wrong
     FROM ${schema}.accounts a
     JOIN (SELECT account_id, count(*) AS entries, max(seq) AS last_seq FROM ${schema}.entries GROUP BY account_id) h
       USING (account_id)
     JOIN ${schema}.entries e ON e.account_id = a.account_id AND e.seq = a.last_seq
     WHERE h.entries <> a.last_seq OR h.last_seq <> a.last_seq OR e.balance <> a.balance`,
  );
  if (rows[0]?.wrong !== '0')
    throw new Error(`${schema}: ${rows[0]?.wrong} accounts differ from their entries`);
}
