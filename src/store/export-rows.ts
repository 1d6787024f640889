import type { Queryable } from './database.ts';
import { PUBLIC_SESSION_ID } from './sessions.ts';

/** A row as the export tells it: plain JSON, credits as JSON numbers. */
export type ExportedRow = Readonly<Record<string, unknown>>;

/** What the directory keeps of customer $1, by the name of its part in the export. No secret and no hash of one. */
const PARTS = {
  passwords: `
    SELECT set_at AS "setAt", replaced_at AS "replacedAt" FROM passwords
    WHERE account_id = $1 ORDER BY password_id`,
  registrations: `
    SELECT requested_at AS "requestedAt", expires_at AS "expiresAt", profile, return_url AS "returnUrl"
    FROM registrations WHERE account_id = $1 ORDER BY requested_at`,
  passwordResets: `
    SELECT requested_at AS "requestedAt", expires_at AS "expiresAt" FROM password_resets
    WHERE account_id = $1 ORDER BY requested_at`,
  sessions: `
    SELECT ${PUBLIC_SESSION_ID} AS "sessionId", created_at AS "createdAt", created_from AS "createdFrom",
      last_used_at AS "lastUsedAt", expires_at AS "expiresAt", ended_at AS "endedAt"
    FROM sessions WHERE account_id = $1 ORDER BY session_id`,
  mails: `
    SELECT kind, recipient, subject, created_at AS "createdAt", sent_at AS "sentAt" FROM mails
    WHERE account_id = $1 ORDER BY mail_id`,
  orders: `
    SELECT order_number AS "orderNumber", hash, order_group_id AS "orderGroupId", currency, state,
      return_url AS "returnUrl", notification_url AS "notificationUrl", ip AS "customerRealIp",
      created_at AS "createdAt", paid_at AS "paidAt", cancelled_at AS "cancelledAt",
      (SELECT jsonb_agg(jsonb_build_object('label', i.label, 'price', i.price / 1000000.0, 'vat', i.vat,
         'count', i.count, 'creditAmount', i.credit_amount / 1000000.0) ORDER BY i.item)
       FROM order_items i WHERE i.order_id = o.order_id) AS items
    FROM orders o WHERE account_id = $1 ORDER BY order_id`,
  events: `
    SELECT kind, to_timestamp(at_ms / 1000.0) AS at, details FROM events
    WHERE account_id = $1 ORDER BY event_id`,
  manages: `
    SELECT cu_ref_no AS "cuRefNo" FROM customers WHERE managed_by_account_id = $1 ORDER BY account_id`,
} as const;

/** A part of the export that is read at once. */
export type ExportPart = keyof typeof PARTS;

/** All of them, in the order in which they are told. */
export const EXPORT_PARTS = Object.keys(PARTS) as ExportPart[];

/** @returns one part of what is kept of a customer. */
export async function readExportPart(
  queryable: Queryable,
  part: ExportPart,
  accountId: number,
): Promise<ExportedRow[]> {
  const { rows } = await queryable.query<ExportedRow>(PARTS[part], [accountId]);
  return rows;
}

/** What may be long is read a page at a time: rows of account $1 after number $2, at most $3. */
const PAGED_PARTS = {
  holds: `
    SELECT hold AS number, jsonb_build_object('createdAt', ${instant('created_at_ms')},
      'expiresAt', ${instant('expires_at_ms')}, 'reserved', reserved / 1000000.0,
      'captured', captured / 1000000.0, 'description', description, 'customerRealIp', ip,
      'endedBy', ended_by, 'endedAt', ${instant('ended_at_ms')}) AS told
    FROM holds WHERE account_id = $1 AND hold > $2 ORDER BY hold LIMIT $3`,
  changes: `
    SELECT version AS number, jsonb_build_object('at', ${instant('at_ms')}, 'kind', kind,
      'debtLimit', debt_limit / 1000000.0, 'monthlySoftLimit', soft_limit / 1000000.0,
      'monthlyHardLimit', hard_limit / 1000000.0, 'reason', reason, 'customerRealIp', ip) AS told
    FROM account_changes WHERE account_id = $1 AND version > $2 ORDER BY version LIMIT $3`,
} as const;

function instant(column: string): string {
  return `to_char(to_timestamp(${column} / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** A part of the export that is read a page at a time. */
export type PagedExportPart = keyof typeof PAGED_PARTS;

/** All of them, in the order in which they are told. */
export const PAGED_EXPORT_PARTS = Object.keys(PAGED_PARTS) as PagedExportPart[];

/** @param after the number of the last row of the page before, 0 for the first. */
export async function readExportPage(
  queryable: Queryable,
  part: PagedExportPart,
  accountId: number,
  after: number,
  limit: number,
): Promise<{ readonly number: number; readonly told: ExportedRow }[]> {
  const { rows } = await queryable.query<{ number: string; told: ExportedRow }>(PAGED_PARTS[part], [
    accountId,
    after,
    limit,
  ]);
  return rows.map(({ number, told }) => ({ number: Number(number), told }));
}
