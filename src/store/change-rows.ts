import type pg from 'pg';
import type { AccountChange, HoldEvent } from '../ledger/account.ts';
import { numberArray, textArray, uuidArray } from './array-parameter.ts';
import type { Queryable } from './database.ts';
import { pinsText } from './hold-rows.ts';

/** A change to be written, with what is known of it outside the ledger. */
export interface NewChange {
  readonly accountId: number;
  readonly change: AccountChange;
  /** Random bits; of a hold's creation they are part of the hold's public id. */
  readonly attempt: number;
  readonly idempotency: { readonly keyHash: string; readonly requestHash: string } | undefined;
}

/** Adds changes of accounts that are no entries. */
export async function insertAccountChanges(
  client: pg.ClientBase,
  changes: readonly NewChange[],
): Promise<void> {
  const numbers = (pick: (change: AccountChange) => number | bigint) =>
    numberArray(changes.map(({ change }) => pick(change)));
  const ofHold = (pick: (event: HoldEvent) => number | bigint) =>
    numberArray(changes.map(({ change: { hold } }) => hold && pick(hold)));
  await client.query({
    name: 'insert-account-changes',
    text: `
      INSERT INTO account_changes (account_id, version, at_ms, kind, held, debt_limit, soft_limit, hard_limit, reason,
        author, attempt, hold, reserved, expires_at_ms, pins, balance, ip, key_hash, request_hash)
      SELECT n.account_id, n.version, n.at_ms, n.kind, n.held, n.debt_limit, n.soft_limit, n.hard_limit, n.reason,
        n.author, n.attempt, n.hold, n.reserved, n.expires_at_ms, n.pins::jsonb, n.balance, n.ip::inet, n.key_hash,
        n.request_hash
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
        $15::text[], $16::bigint[], $17::text[], $18::uuid[], $19::uuid[])
        AS n (account_id, version, at_ms, kind, held, debt_limit, soft_limit, hard_limit, reason, author, attempt,
          hold, reserved, expires_at_ms, pins, balance, ip, key_hash, request_hash)`,
    values: [
      numberArray(changes.map(({ accountId }) => accountId)),
      numbers((change) => change.version),
      numbers((change) => change.atMs),
      textArray(changes.map(({ change }) => change.kind)),
      numbers((change) => change.held),
      numbers((change) => change.debtLimit),
      numbers((change) => change.softLimit),
      numbers((change) => change.hardLimit),
      textArray(changes.map(({ change }) => change.reason)),
      textArray(changes.map(({ change }) => change.author)),
      numberArray(changes.map(({ attempt }) => attempt)),
      ofHold((event) => event.hold),
      ofHold((event) => event.reserved),
      ofHold((event) => event.expiresAtMs),
      textArray(changes.map(({ change: { hold } }) => hold && pinsText(hold.pins))),
      ofHold((event) => event.balance),
      textArray(changes.map(({ change }) => change.hold?.ip)),
      uuidArray(changes.map(({ idempotency }) => idempotency?.keyHash)),
      uuidArray(changes.map(({ idempotency }) => idempotency?.requestHash)),
    ],
  });
}

/** @returns whether this attempt's change is there; another attempt's under the same version does not count. */
export async function hasAccountChange(
  queryable: Queryable,
  { accountId, change, attempt }: Pick<NewChange, 'accountId' | 'change' | 'attempt'>,
): Promise<boolean> {
  const { rows } = await queryable.query({
    name: 'has-account-change',
    text: `SELECT FROM account_changes WHERE account_id = $1 AND version = $2 AND attempt = $3`,
    values: [accountId, change.version, attempt],
  });
  return rows.length > 0;
}
