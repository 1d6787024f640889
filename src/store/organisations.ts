import type { Queryable, Transaction } from './database.ts';

/** The two sets of data of an organisation: PROD keys see `live`, DEV_ keys `sandbox`. */
export type LedgerKind = 'live' | 'sandbox';

/** An organisation as it is kept; `suspendedAt` is null while its keys work. */
export interface Organisation {
  readonly organisationId: number;
  readonly slug: string;
  readonly name: string;
  /** ISO 4217; never changes. */
  readonly currency: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly suspendedAt: Date | null;
  /** Where return and notification addresses may lead, such as https://shop.example.com. */
  readonly origins: readonly string[];
  /** How many days credit lives that a refund returns to a lot which has expired, at least and at most. */
  readonly returnedLifeLeastDays: number;
  readonly returnedLifeMostDays: number;
  readonly createdAt: Date;
}

/** One ledger with what names it from outside. */
export interface NamedLedger {
  readonly ledgerId: number;
  readonly organisationSlug: string;
  readonly kind: LedgerKind;
}

type Row<T, Ids extends keyof T> = Omit<T, Ids> & Record<Ids, string>;

const ORGANISATION_COLUMNS = `organisation_id AS "organisationId", slug, name, currency, time_zone AS "timeZone",
  suspended_at AS "suspendedAt", origins, returned_life_least_days AS "returnedLifeLeastDays",
  returned_life_most_days AS "returnedLifeMostDays", created_at AS "createdAt"`;

function toOrganisation(row: Row<Organisation, 'organisationId'>): Organisation {
  return { ...row, organisationId: Number(row.organisationId) };
}

/** Adds an organisation without ledgers. @returns its id, or undefined where the slug is taken. */
export async function insertOrganisation(
  tx: Transaction,
  organisation: Pick<Organisation, 'slug' | 'name' | 'currency' | 'timeZone'>,
): Promise<number | undefined> {
  const { slug, name, currency, timeZone } = organisation;
  const { rows } = await tx.query<{ organisationId: string }>(
    `INSERT INTO organisations (slug, name, currency, time_zone) VALUES ($1, $2, $3, $4)
     ON CONFLICT (slug) DO NOTHING RETURNING organisation_id AS "organisationId"`,
    [slug, name, currency, timeZone],
  );
  const [row] = rows;
  return row && Number(row.organisationId);
}

/** Adds both ledgers of an organisation. */
export async function insertLedgers(tx: Transaction, organisationId: number): Promise<void> {
  await tx.query(`INSERT INTO ledgers (organisation_id, kind) VALUES ($1, 'live'), ($1, 'sandbox')`, [
    organisationId,
  ]);
}

/** @returns the organisation of this slug; without a slug the first that was made. */
export async function findOrganisation(
  queryable: Queryable,
  slug: string | undefined,
): Promise<Organisation | undefined> {
  const { rows } = await queryable.query<Row<Organisation, 'organisationId'>>(
    `SELECT ${ORGANISATION_COLUMNS} FROM organisations WHERE $1::text IS NULL OR slug = $1
     ORDER BY organisation_id LIMIT 1`,
    [slug ?? null],
  );
  const [row] = rows;
  return row && toOrganisation(row);
}

/** @returns all organisations, the first that was made first. */
export async function listOrganisations(queryable: Queryable): Promise<Organisation[]> {
  const { rows } = await queryable.query<Row<Organisation, 'organisationId'>>(
    `SELECT ${ORGANISATION_COLUMNS} FROM organisations ORDER BY organisation_id`,
  );
  return rows.map(toOrganisation);
}

/** @returns the organisation that a ledger belongs to: its currency and time zone hold for the ledger. */
export async function findOrganisationOfLedger(
  queryable: Queryable,
  ledgerId: number,
): Promise<Organisation | undefined> {
  const { rows } = await queryable.query<Row<Organisation, 'organisationId'>>(
    `SELECT ${ORGANISATION_COLUMNS} FROM organisations
     WHERE organisation_id = (SELECT organisation_id FROM ledgers WHERE ledger_id = $1)`,
    [ledgerId],
  );
  const [row] = rows;
  return row && toOrganisation(row);
}

/** @returns every ledger; there are few, and they are never deleted. */
export async function listLedgers(queryable: Queryable): Promise<NamedLedger[]> {
  const { rows } = await queryable.query<Row<NamedLedger, 'ledgerId'>>(
    `SELECT l.ledger_id AS "ledgerId", o.slug AS "organisationSlug", l.kind
     FROM ledgers l JOIN organisations o ON o.organisation_id = l.organisation_id ORDER BY l.ledger_id`,
  );
  return rows.map((row) => ({ ...row, ledgerId: Number(row.ledgerId) }));
}

/** Reads an organisation anew, and keeps others from changing it until the transaction ends. */
export async function lockOrganisation(tx: Transaction, organisationId: number): Promise<Organisation> {
  const { rows } = await tx.query<Row<Organisation, 'organisationId'>>(
    `SELECT ${ORGANISATION_COLUMNS} FROM organisations WHERE organisation_id = $1 FOR NO KEY UPDATE`,
    [organisationId],
  );
  const [row] = rows;
  if (!row) throw new Error(`there is no organisation ${organisationId}`);
  return toOrganisation(row);
}

/** What can be changed of an organisation; what is undefined stays. */
export interface OrganisationChange {
  readonly name?: string | undefined;
  readonly origins?: readonly string[] | undefined;
  readonly returnedLifeLeastDays?: number | undefined;
  readonly returnedLifeMostDays?: number | undefined;
}

/** Changes what is named of an organisation. */
export async function updateOrganisation(
  tx: Transaction,
  organisationId: number,
  { name, origins, returnedLifeLeastDays, returnedLifeMostDays }: OrganisationChange,
): Promise<void> {
  await tx.query(
    `UPDATE organisations SET name = coalesce($2, name), origins = coalesce($3::text[], origins),
       returned_life_least_days = coalesce($4, returned_life_least_days),
       returned_life_most_days = coalesce($5, returned_life_most_days)
     WHERE organisation_id = $1`,
    [
      organisationId,
      name ?? null,
      origins ?? null,
      returnedLifeLeastDays ?? null,
      returnedLifeMostDays ?? null,
    ],
  );
}

/** Suspends or resumes; an organisation that already is what it shall be keeps its instant. */
export async function setSuspension(
  tx: Transaction,
  organisationId: number,
  suspended: boolean,
): Promise<void> {
  await tx.query(
    `UPDATE organisations SET suspended_at = CASE WHEN $2 THEN coalesce(suspended_at, now()) END
     WHERE organisation_id = $1`,
    [organisationId, suspended],
  );
}
