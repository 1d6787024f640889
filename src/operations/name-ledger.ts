import { Refusal } from '../refusals.ts';
import { findLedgerOfCuRefNo } from '../store/customers.ts';
import { type LedgerKind, listLedgers } from '../store/organisations.ts';
import { nameOrganisation } from './name-organisation.ts';
import type { Services } from './services.ts';

/** A ledger that an operator means, and how it is called: `<organisation>/live` or `<organisation>/sandbox`. */
export interface LedgerChoice {
  readonly ledgerId: number;
  readonly name: string;
}

/**
 * Finds a ledger.
 *
 * @param request.organisation the slug; without it the first organisation is meant.
 * @throws Refusal INTERNAL_VALIDATION_FAILED: there is no such organisation.
 */
export async function nameLedger(
  services: Pick<Services, 'database'>,
  request: { readonly organisation?: string | undefined; readonly kind: LedgerKind },
): Promise<LedgerChoice> {
  const { pool } = services.database;
  const { slug } = await nameOrganisation(pool, request.organisation);
  const ledgers = await listLedgers(pool);
  const ledger = ledgers.find((each) => each.organisationSlug === slug && each.kind === request.kind);
  if (!ledger) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return { ledgerId: ledger.ledgerId, name: `${slug}/${request.kind}` };
}

/**
 * Finds the ledger of a customer by its public reference, which is unique over all ledgers. For the operator of
 * the installation alone, who may see them all.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND: nobody has this reference.
 */
export async function ledgerOfCustomer(
  services: Pick<Services, 'database'>,
  cuRefNo: string,
): Promise<LedgerChoice> {
  const ledgerId = await findLedgerOfCuRefNo(services.database.pool, cuRefNo);
  return describeLedger(services, ledgerId);
}

/**
 * Finds the ledger of a transaction by its id, which is unique over all ledgers. For the operator alone, as above.
 *
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND: no transaction can have this id.
 */
export async function ledgerOfTransaction(
  services: Pick<Services, 'database' | 'ids' | 'accountLedgers'>,
  transactionId: string,
): Promise<LedgerChoice> {
  const name = services.ids.decode(transactionId);
  return describeLedger(services, name && (await services.accountLedgers.find(name.accountId)));
}

async function describeLedger(
  { database }: Pick<Services, 'database'>,
  ledgerId: number | undefined,
): Promise<LedgerChoice> {
  const ledgers = ledgerId === undefined ? [] : await listLedgers(database.pool);
  const ledger = ledgers.find((each) => each.ledgerId === ledgerId);
  if (!ledger) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return { ledgerId: ledger.ledgerId, name: `${ledger.organisationSlug}/${ledger.kind}` };
}
