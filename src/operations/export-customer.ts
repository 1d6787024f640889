import { Refusal } from '../refusals.ts';
import { readCustomer } from '../store/customers.ts';
import {
  EXPORT_PARTS,
  type ExportedRow,
  PAGED_EXPORT_PARTS,
  type PagedExportPart,
  readExportPage,
  readExportPart,
} from '../store/export-rows.ts';
import { readLogRows } from '../store/log-rows.ts';
import { findOrganisationOfLedger } from '../store/organisations.ts';
import type { NamedByOperator } from './change-account.ts';
import { toContactCreditItems } from './list-contact-credit.ts';
import { nameCustomer } from './name-customer.ts';
import type { Caller, Services } from './services.ts';
import { showCustomer } from './show-customer.ts';

const ROWS_A_PAGE = 2_000;
const NEWEST = 2 ** 31 - 1;

/**
 * Gathers all that is kept of a customer as the text of one JSON object, piece by piece: a long history is never held
 * whole. Nobody can log in with anything in it.
 *
 * @returns the pieces; nothing is read of the history before they are asked for.
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function exportCustomer(
  services: Services,
  caller: Caller,
  name: NamedByOperator,
): Promise<AsyncGenerator<string>> {
  const { pool } = services.database;
  const { accountId } = await nameCustomer(services, caller, name);
  const customer = await readCustomer(pool, accountId);
  if (!customer) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  const shown = await showCustomer(services, caller, { cuRefNo: customer.cuRefNo });
  const currency = (await findOrganisationOfLedger(pool, caller.ledgerId))?.currency ?? null;
  return piecesOf(services, accountId, { exportedAt: new Date(), customer: shown, currency });
}

async function* piecesOf(
  services: Services,
  accountId: number,
  head: Readonly<Record<string, unknown>>,
): AsyncGenerator<string> {
  const { pool } = services.database;
  yield `{${Object.entries(head)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(',')}`;
  for (const part of EXPORT_PARTS) {
    yield `,"${part}":${JSON.stringify(await readExportPart(pool, part, accountId))}`;
  }
  for (const part of PAGED_EXPORT_PARTS) yield* listText(part, rowsOf(services, part, accountId));
  yield* listText('entries', entriesOf(services, accountId));
  yield '}';
}

/** @returns a member of an object that is a list, page by page. */
async function* listText(name: string, pages: AsyncGenerator<readonly unknown[]>): AsyncGenerator<string> {
  yield `,"${name}":[`;
  let isFirst = true;
  for await (const page of pages) {
    if (page.length === 0) continue;
    const text = page.map((row) => JSON.stringify(row)).join(',');
    yield isFirst ? text : `,${text}`;
    isFirst = false;
  }
  yield ']';
}

async function* rowsOf(
  { database }: Pick<Services, 'database'>,
  part: PagedExportPart,
  accountId: number,
): AsyncGenerator<ExportedRow[]> {
  let after = 0;
  for (;;) {
    const rows = await readExportPage(database.pool, part, accountId, after, ROWS_A_PAGE);
    yield rows.map(({ told }) => told);
    if (rows.length < ROWS_A_PAGE) return;
    after = rows.at(-1)?.number ?? after;
  }
}

/** The credit log, newest first, with the addresses and what was known of them. */
async function* entriesOf(services: Services, accountId: number): AsyncGenerator<unknown[]> {
  const { database, ids } = services;
  const offsetMs = services.clockOffsetMs?.() ?? 0;
  let before = NEWEST;
  for (;;) {
    const rows = await readLogRows(database.pool, accountId, offsetMs, before, ROWS_A_PAGE);
    yield await toContactCreditItems(database.pool, ids, rows);
    if (rows.length < ROWS_A_PAGE) return;
    before = rows.at(-1)?.seq ?? before;
  }
}
