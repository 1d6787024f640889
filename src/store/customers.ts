import type { Queryable, Transaction } from './database.ts';

/** What a customer says of itself, normalised; null where it is unknown. */
export interface CustomerProfile {
  readonly name: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  /** `+420 777123456` */
  readonly phone: string | null;
  readonly companyName: string | null;
  readonly companyRegistrationNumber: string | null;
  readonly taxIdentificationNumber: string | null;
  readonly streetAddress: string | null;
  readonly city: string | null;
  readonly cityPart: string | null;
  readonly stateRegion: string | null;
  readonly postalCode: string | null;
  /** ISO 3166-1, two capital letters. */
  readonly country: string | null;
  readonly newsletter: boolean;
  /** BCP 47. */
  readonly primaryLocale: string | null;
  /** Names. */
  readonly groups: readonly string[];
}

/** A change of a profile as plain JSON: absent is unchanged, null is cleared. */
export type StoredProfile = Partial<CustomerProfile>;

/** What is known about a customer; credit is the account's. */
export interface Customer extends CustomerProfile {
  readonly accountId: number;
  readonly ledgerId: number;
  readonly cuRefNo: string;
  readonly email: string;
  readonly premium: boolean;
  readonly meta: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  /** When it was shown that the address is the customer's; null until then. */
  readonly emailConfirmedAt: Date | null;
  /** Whether there is a password to log in with. */
  readonly isRegistered: boolean;
  /** The cuRefNo of the customer who may see this one's detail; null where nobody may. */
  readonly managedBy: string | null;
  readonly managedByAccountId: number | null;
  /** When the personal data were erased. */
  readonly erasedAt: Date | null;
  /** Whoever brought this customer; null where nobody did, or nobody knows any more. */
  readonly referral: Referral | null;
}

/** The customer who brought another; `code` is its cuRefNo. */
export interface Referral {
  readonly code: string;
  readonly email: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
}

/** A customer to be added; `email` is normalised. */
export interface NewCustomer {
  readonly ledgerId: number;
  readonly cuRefNo: string;
  readonly email: string;
  readonly referralAccountId: number | undefined;
}

/** Which customer a name means. */
export interface FoundCustomer {
  readonly accountId: number;
  readonly cuRefNo: string;
}

/**
 * Adds a customer and, in the same transaction, its account with nothing in it.
 *
 * @returns its account id, or undefined where the ledger has a customer of this e-mail; when that one is just
 *   being added, its commit is waited for.
 */
export async function insertCustomer(tx: Transaction, customer: NewCustomer): Promise<number | undefined> {
  const { rows } = await tx.query<{ accountId: string }>(
    `INSERT INTO customers (ledger_id, cu_ref_no, email, referral_account_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT (ledger_id, email) DO NOTHING RETURNING account_id AS "accountId"`,
    [customer.ledgerId, customer.cuRefNo, customer.email, customer.referralAccountId],
  );
  const [row] = rows;
  if (!row) return undefined;
  await tx.query('INSERT INTO accounts (account_id, ledger_id) VALUES ($1, $2)', [
    row.accountId,
    customer.ledgerId,
  ]);
  return Number(row.accountId);
}

/** @param email normalised. @returns the customer of this address in this ledger. */
export async function findCustomerByEmail(
  queryable: Queryable,
  ledgerId: number,
  email: string,
): Promise<FoundCustomer | undefined> {
  const { rows } = await queryable.query<{ accountId: string; cuRefNo: string }>(
    `SELECT account_id AS "accountId", cu_ref_no AS "cuRefNo" FROM customers
     WHERE ledger_id = $1 AND email = $2`,
    [ledgerId, email],
  );
  const [row] = rows;
  return row && { ...row, accountId: Number(row.accountId) };
}

/** @returns the accounts of these public references, as far as they are of this ledger. */
export async function findCustomersByCuRefNo(
  queryable: Queryable,
  ledgerId: number,
  cuRefNos: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await queryable.query<{ accountId: string; cuRefNo: string }>(
    `SELECT account_id AS "accountId", cu_ref_no AS "cuRefNo" FROM customers
     WHERE cu_ref_no = ANY($2::text[]) AND ledger_id = $1`,
    [ledgerId, cuRefNos],
  );
  return new Map(rows.map(({ accountId, cuRefNo }) => [cuRefNo, Number(accountId)]));
}

/** @returns the customer of this public reference, provided that it is of this ledger. */
export async function findCustomerByCuRefNo(
  queryable: Queryable,
  ledgerId: number,
  cuRefNo: string,
): Promise<FoundCustomer | undefined> {
  const { rows } = await queryable.query<{ accountId: string; cuRefNo: string }>(
    `SELECT account_id AS "accountId", cu_ref_no AS "cuRefNo" FROM customers
     WHERE cu_ref_no = $2 AND ledger_id = $1`,
    [ledgerId, cuRefNo],
  );
  const [row] = rows;
  return row && { ...row, accountId: Number(row.accountId) };
}

/** @returns whether the customer's personal data were erased. */
export async function isErased(queryable: Queryable, accountId: number): Promise<boolean> {
  const { rowCount } = await queryable.query(
    'SELECT FROM customers WHERE account_id = $1 AND erased_at IS NOT NULL',
    [accountId],
  );
  return rowCount === 1;
}

/** @returns the ledger that a public reference belongs to; for the operator only, who may see all ledgers. */
export async function findLedgerOfCuRefNo(
  queryable: Queryable,
  cuRefNo: string,
): Promise<number | undefined> {
  const { rows } = await queryable.query<{ ledgerId: string }>(
    `SELECT ledger_id AS "ledgerId" FROM customers WHERE cu_ref_no = $1`,
    [cuRefNo],
  );
  const [row] = rows;
  return row && Number(row.ledgerId);
}

/** Columns of a profile that are texts, by the names of their members. */
const TEXT_COLUMNS = {
  name: 'name',
  firstName: 'first_name',
  lastName: 'last_name',
  phone: 'phone',
  companyName: 'company_name',
  companyRegistrationNumber: 'company_registration_number',
  taxIdentificationNumber: 'tax_identification_number',
  streetAddress: 'street_address',
  city: 'city',
  cityPart: 'city_part',
  stateRegion: 'state_region',
  postalCode: 'postal_code',
  country: 'country',
  primaryLocale: 'primary_locale',
} as const satisfies Partial<Record<keyof CustomerProfile, string>>;

const PROFILE_COLUMNS = [
  ...Object.entries(TEXT_COLUMNS).map(([member, column]) => `c.${column} AS "${member}"`),
  'c.newsletter',
  'c.groups',
].join(', ');

const SET_TEXTS = Object.entries(TEXT_COLUMNS)
  .map(
    ([member, column]) =>
      `${column} = CASE WHEN $2::jsonb ? '${member}' THEN $2->>'${member}' ELSE ${column} END`,
  )
  .join(',\n        ');

/** Changes those members of a profile that are named; null clears a text. */
export async function applyProfile(
  tx: Transaction,
  accountId: number,
  profile: StoredProfile,
): Promise<void> {
  await tx.query({
    name: 'apply-profile',
    text: `
      UPDATE customers SET
        ${SET_TEXTS},
        newsletter = coalesce(($2->>'newsletter')::boolean, newsletter),
        groups = CASE WHEN $2 ? 'groups'
          THEN ARRAY(SELECT jsonb_array_elements_text($2->'groups')) ELSE groups END
      WHERE account_id = $1`,
    values: [accountId, JSON.stringify(profile)],
  });
}

/** @returns everything about the customer of this account. */
export async function readCustomer(queryable: Queryable, accountId: number): Promise<Customer | undefined> {
  interface Row extends Omit<Customer, 'accountId' | 'ledgerId' | 'managedByAccountId'> {
    readonly accountId: string;
    readonly ledgerId: string;
    readonly managedByAccountId: string | null;
  }
  const { rows } = await queryable.query<Row>(
    `SELECT c.account_id AS "accountId", c.ledger_id AS "ledgerId", c.cu_ref_no AS "cuRefNo", c.email,
       ${PROFILE_COLUMNS}, c.premium, c.meta, c.created_at AS "createdAt",
       c.email_confirmed_at AS "emailConfirmedAt", c.erased_at AS "erasedAt", m.cu_ref_no AS "managedBy",
       m.account_id AS "managedByAccountId",
       EXISTS (SELECT FROM passwords p WHERE p.account_id = c.account_id AND p.replaced_at IS NULL)
         AS "isRegistered",
       CASE WHEN r.account_id IS NOT NULL THEN jsonb_build_object('code', r.cu_ref_no, 'email', r.email,
         'firstName', r.first_name, 'lastName', r.last_name) END AS referral
     FROM customers c
     LEFT JOIN customers r ON r.account_id = c.referral_account_id AND r.ledger_id = c.ledger_id
       AND r.erased_at IS NULL
     LEFT JOIN customers m ON m.account_id = c.managed_by_account_id AND m.ledger_id = c.ledger_id
     WHERE c.account_id = $1`,
    [accountId],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { accountId: account, ledgerId, managedByAccountId: manager, ...rest } = row;
  return {
    ...rest,
    accountId: Number(account),
    ledgerId: Number(ledgerId),
    managedByAccountId: manager === null ? null : Number(manager),
  };
}

/** What an operator sets of a customer; absent is unchanged. */
export interface ContactChange {
  /** null: nobody any more. */
  readonly managedByAccountId?: number | null | undefined;
  readonly premium?: boolean | undefined;
  /** Names, normalised. */
  readonly groups?: readonly string[] | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
}

/** Changes what operators set of a customer. @returns whether there is one: who was erased stays so. */
export async function updateContactRow(
  tx: Transaction,
  accountId: number,
  { managedByAccountId, premium, groups, meta }: ContactChange,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'update-contact',
    text: `
      UPDATE customers SET managed_by_account_id = CASE WHEN $2 THEN $3::bigint ELSE managed_by_account_id END,
        premium = coalesce($4, premium), groups = coalesce($5::text[], groups), meta = coalesce($6::jsonb, meta)
      WHERE account_id = $1 AND erased_at IS NULL`,
    values: [
      accountId,
      managedByAccountId !== undefined,
      managedByAccountId ?? null,
      premium ?? null,
      groups ?? null,
      meta === undefined ? null : JSON.stringify(meta),
    ],
  });
  return rowCount === 1;
}

/** @returns whether the account is banned; undefined where there is no account. */
export async function readBan(queryable: Queryable, accountId: number): Promise<boolean | undefined> {
  const { rows } = await queryable.query<{ banned: boolean }>(
    'SELECT banned FROM accounts WHERE account_id = $1',
    [accountId],
  );
  return rows[0]?.banned;
}
