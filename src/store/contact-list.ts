import type { Queryable } from './database.ts';

/** A customer of a list, with its credit in millionths. */
export interface ContactRow {
  readonly accountId: number;
  readonly cuRefNo: string;
  readonly email: string;
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly companyName: string | null;
  readonly premium: boolean;
  readonly groups: readonly string[];
  readonly managedBy: string | null;
  readonly createdAt: Date;
  readonly emailConfirmed: boolean;
  readonly isRegistered: boolean;
  readonly banned: boolean;
  readonly balance: bigint;
  readonly held: bigint;
  readonly debt: bigint;
  /** Whether something has fallen due that is not booked. */
  readonly somethingIsDue: boolean;
}

/** What a list may be ordered by. What is never null must not be said to come last: no index is ordered so. */
const ORDER_COLUMNS = {
  credit: { column: 'a.balance', nulls: '' },
  email: { column: 'c.email', nulls: '' },
  firstName: { column: 'c.first_name', nulls: 'NULLS LAST' },
  lastName: { column: 'c.last_name', nulls: 'NULLS LAST' },
  companyName: { column: 'c.company_name', nulls: 'NULLS LAST' },
  insertedDate: { column: 'c.created_at', nulls: '' },
} as const;

export type ContactOrder = keyof typeof ORDER_COLUMNS;

/** Which customers of a ledger; what is undefined does not matter. */
export interface ContactFilter {
  /** All of these must be somewhere in the names, the e-mail address, the phone number or the reference. */
  readonly words: readonly string[];
  readonly isBanned: boolean | undefined;
  readonly isPremium: boolean | undefined;
  readonly isRegistered: boolean | undefined;
  /** Whether the balance is above 0. */
  readonly hasCredit: boolean | undefined;
  /** Unix milliseconds; up to before `untilMs`. */
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
}

/** Which part of the list, and in which order. */
export interface ContactPage {
  readonly order: ContactOrder;
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

const IS_REGISTERED = `
  EXISTS (SELECT FROM passwords p WHERE p.account_id = c.account_id AND p.replaced_at IS NULL)`;

const SEARCHED = `
  concat_ws(' ', c.email, c.name, c.first_name, c.last_name, c.company_name, c.phone, c.cu_ref_no)`;

/** What narrows a list: only the conditions that are asked for, since each one costs a look at every customer. */
interface Narrowed {
  /** FROM and WHERE; `withAccounts` also where no condition is about credit. */
  from(withAccounts: boolean): string;
  readonly values: readonly unknown[];
}

function narrow(ledgerId: number, filter: ContactFilter): Narrowed {
  const { words, isBanned, isPremium, isRegistered, hasCredit, fromMs, untilMs } = filter;
  const values: unknown[] = [ledgerId];
  // Who was erased is nobody any more.
  const conditions = ['c.ledger_id = $1', 'c.erased_at IS NULL'];
  const add = (value: unknown, condition: (parameter: string) => string) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  for (const word of words) {
    add(`%${word.replace(/[\\%_]/g, '\\$&')}%`, (parameter) => `${SEARCHED} ILIKE ${parameter}`);
  }
  add(isBanned, (parameter) => `a.banned = ${parameter}`);
  add(isPremium, (parameter) => `c.premium = ${parameter}`);
  // Not compared with a parameter: only so are all passwords looked at in one go.
  if (isRegistered !== undefined) conditions.push(isRegistered ? IS_REGISTERED : `NOT ${IS_REGISTERED}`);
  add(hasCredit, (parameter) => `(a.balance > 0) = ${parameter}`);
  add(fromMs, (parameter) => `c.created_at >= to_timestamp(${parameter}::bigint / 1000.0)`);
  add(untilMs, (parameter) => `c.created_at < to_timestamp(${parameter}::bigint / 1000.0)`);
  const where = conditions.join(' AND ');
  const asksAccounts = isBanned !== undefined || hasCredit !== undefined;
  return {
    from: (withAccounts) =>
      `FROM customers c ${withAccounts || asksAccounts ? 'JOIN accounts a ON a.account_id = c.account_id' : ''}
       WHERE ${where}`,
    values,
  };
}

/**
 * Reads a page of a ledger's customers.
 *
 * @param clockOffsetMs what all ledgers' clocks are ahead, on top of what each is by itself.
 */
export async function readContacts(
  queryable: Queryable,
  ledgerId: number,
  filter: ContactFilter,
  { order, descending, limit, offset }: ContactPage,
  clockOffsetMs: number,
): Promise<ContactRow[]> {
  type Numbers = 'balance' | 'held' | 'debt' | 'accountId';
  const direction = descending ? 'DESC' : 'ASC';
  const { from, values } = narrow(ledgerId, filter);
  const { column, nulls } = ORDER_COLUMNS[order];
  const inOrder = `${column} ${direction} ${nulls}, c.account_id ${direction}`;
  const [clock, most, skipped] = [1, 2, 3].map((place) => `$${values.length + place}`);
  // The page is found first, so that a late one reads no more of those before it than their order.
  const { rows } = await queryable.query<Omit<ContactRow, Numbers> & Record<Numbers, string>>(
    `SELECT c.account_id AS "accountId", c.cu_ref_no AS "cuRefNo", c.email, c.phone,
       c.first_name AS "firstName", c.last_name AS "lastName", c.company_name AS "companyName", c.premium,
       c.groups, c.created_at AS "createdAt", c.email_confirmed_at IS NOT NULL AS "emailConfirmed",
       (SELECT m.cu_ref_no FROM customers m WHERE m.account_id = c.managed_by_account_id) AS "managedBy",
       (SELECT true FROM passwords p WHERE p.account_id = c.account_id AND p.replaced_at IS NULL) IS NOT NULL
         AS "isRegistered", a.banned, a.balance, a.held, a.debt,
       coalesce(least(a.next_due_ms, a.hold_due_ms) <= extract(epoch FROM clock_timestamp()) * 1000 + ${clock}::bigint
         + (SELECT clock_offset_ms FROM ledgers WHERE ledger_id = $1), false) AS "somethingIsDue"
     FROM (SELECT c.account_id ${from(order === 'credit')}
       ORDER BY ${inOrder} LIMIT ${most} OFFSET ${skipped}) page
     JOIN customers c ON c.account_id = page.account_id JOIN accounts a ON a.account_id = c.account_id
     ORDER BY ${inOrder}`,
    [...values, clockOffsetMs, limit, offset],
  );
  return rows.map(({ accountId, balance, held, debt, ...row }) => ({
    ...row,
    accountId: Number(accountId),
    balance: BigInt(balance),
    held: BigInt(held),
    debt: BigInt(debt),
  }));
}

/** @returns how many customers the whole list has. */
export async function countContacts(
  queryable: Queryable,
  ledgerId: number,
  filter: ContactFilter,
): Promise<number> {
  const { from, values } = narrow(ledgerId, filter);
  const { rows } = await queryable.query<{ count: string }>(`SELECT count(*) AS count ${from(false)}`, [
    ...values,
  ]);
  return Number(rows[0]?.count ?? 0);
}
