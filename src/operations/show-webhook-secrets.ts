import { type LedgerKind, listLedgers } from '../store/organisations.ts';
import { nameOrganisation } from './name-organisation.ts';
import type { Services } from './services.ts';
import { webhookSecret } from './webhook-signature.ts';

/**
 * @param slug without it the first organisation is meant.
 * @returns the secrets by which the messages of an organisation's two ledgers are signed.
 * @throws Refusal INTERNAL_VALIDATION_FAILED: there is no such organisation.
 */
export async function showWebhookSecrets(
  { database }: Pick<Services, 'database'>,
  slug: string | undefined,
): Promise<Readonly<Record<LedgerKind, string>>> {
  const organisation = await nameOrganisation(database.pool, slug);
  const ledgers = await listLedgers(database.pool);
  const secretOf = (kind: LedgerKind) => {
    const ledger = ledgers.find((each) => each.organisationSlug === organisation.slug && each.kind === kind);
    return webhookSecret(database, ledger?.ledgerId ?? 0);
  };
  return { live: await secretOf('live'), sandbox: await secretOf('sandbox') };
}
