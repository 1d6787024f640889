import type pg from 'pg';
import { readNumberRows } from './array-parameter.ts';
import { LIMITS_AS_JSON, type LimitRow, parseLimits } from './limit-rows.ts';

/** What is true at the instant of a batch, beside its accounts. */
export interface Moment {
  /** The database's time, Unix milliseconds. */
  readonly clockMs: number;
  /** Of the sessions asked about, those that live; the others have ended, or are not there. */
  readonly living: ReadonlySet<number>;
  /** Of the living, those whose use has not been noted for a day. */
  readonly stale: readonly number[];
  readonly ledgers: ReadonlyMap<number, LedgerSetting>;
  readonly limits: readonly LimitRow[];
}

/** What holds for all accounts of a ledger. */
export interface LedgerSetting {
  /** What its clock is ahead of the database's. */
  readonly clockOffsetMs: number;
  /** Its organisation's, in which months are counted. */
  readonly timeZone: string;
  /** How many days credit lives that a refund returns to a lot which is due, at least and at most. */
  readonly leastDays: number;
  readonly mostDays: number;
}

/**
 * Reads the time, the life of sessions, which goes by real time, and the limits of accounts; only true for a batch
 * once its accounts are locked (rule 10). One statement, since each of them is little beside the cost of asking.
 *
 * @param accountIds array parameters, as the others.
 */
export async function readMoment(
  client: pg.ClientBase,
  accountIds: Buffer,
  sessionIds: Buffer,
  ledgerIds: Buffer,
): Promise<Moment> {
  const { rows } = await client.query<(string | null)[]>({
    name: 'read-moment',
    text: `
      SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint,
        string_agg(session_id::text, ','),
        string_agg(session_id::text, ',') FILTER (WHERE last_used_at <= clock_timestamp() - interval '1 day'),
        (SELECT json_agg(json_build_array(l.ledger_id, l.clock_offset_ms, o.time_zone,
           o.returned_life_least_days, o.returned_life_most_days))
         FROM ledgers l JOIN organisations o ON o.organisation_id = l.organisation_id
         WHERE l.ledger_id = ANY($3::bigint[]))::text,
        (SELECT json_agg(${LIMITS_AS_JSON}) FROM account_limits WHERE account_id = ANY($2::bigint[]))::text
      FROM sessions
      WHERE session_id = ANY($1::bigint[]) AND ended_at IS NULL AND expires_at > clock_timestamp()`,
    values: [sessionIds, accountIds, ledgerIds],
    rowMode: 'array',
  });
  const [clockMs, living = null, stale = null, ledgers, limits] = rows[0] ?? [];
  return {
    clockMs: Number(clockMs),
    living: new Set(readNumberRows(living).map(Number)),
    stale: readNumberRows(stale).map(Number),
    ledgers: toLedgerSettings(ledgers),
    limits: parseLimits(limits),
  };
}

function toLedgerSettings(text: string | null | undefined): Map<number, LedgerSetting> {
  const rows = JSON.parse(text ?? '[]') as [number, number, string, number, number][];
  return new Map(
    rows.map(([ledgerId, clockOffsetMs, timeZone, leastDays, mostDays]) => [
      ledgerId,
      { clockOffsetMs, timeZone, leastDays, mostDays },
    ]),
  );
}
