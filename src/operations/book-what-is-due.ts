import { randomUUID } from 'node:crypto';
import { Refusal } from '../refusals.ts';
import type { Queryable } from '../store/database.ts';
import { type AccountFigures, readFigures } from '../store/log-rows.ts';
import type { Services } from './services.ts';

/** Books what has fallen due on an account through the door, as every read does before it looks (rule 2). */
export async function bookWhatIsDue(
  services: Pick<Services, 'writer'>,
  accountId: number,
  ledgerId: number,
): Promise<void> {
  const command = { kind: 'book-due' } as const;
  await services.writer.submit({ accountId, ledgerId, command, author: 'system', requestId: randomUUID() });
}

/**
 * Reads an account's figures with nothing due left unbooked.
 *
 * @param look reads in one snapshot, so that what else it returns belongs to these figures.
 * @throws Refusal INTERNAL_RESOURCE_NOT_FOUND and what the writer throws.
 */
export async function readBooked<T extends { readonly figures: AccountFigures | undefined }>(
  services: Services,
  accountId: number,
  look: () => Promise<T>,
): Promise<T & { readonly figures: AccountFigures }> {
  let seen = await look();
  if (seen.figures?.somethingIsDue) {
    await bookWhatIsDue(services, accountId, seen.figures.ledgerId);
    seen = await look();
  }
  const { figures } = seen;
  if (!figures) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return { ...seen, figures };
}

/** @returns the figures as one statement sees them. */
export async function lookAtFigures(services: Services, queryable: Queryable, accountId: number) {
  return { figures: await readFigures(queryable, accountId, services.clockOffsetMs?.() ?? 0) };
}
