import { type Fault, validationFailed } from '../refusals.ts';
import { takeRevision } from '../store/api-keys.ts';
import { inTransaction } from '../store/database.ts';
import { insertLedgers, insertOrganisation, type Organisation } from '../store/organisations.ts';
import type { Services } from './services.ts';
import { toSlug } from './slug.ts';

/** What an organisation is made of. Its currency never changes afterwards. */
export interface OrganisationRequest {
  /** 1 to 200 characters. */
  readonly name: string;
  /** ISO 4217, three upper-case letters. */
  readonly currency: string;
  /** IANA name, such as Europe/Prague. */
  readonly timeZone: string;
  /** Made from the name unless given. */
  readonly slug?: string | undefined;
}

/** An organisation just made. */
export type CreatedOrganisation = Pick<
  Organisation,
  'organisationId' | 'slug' | 'name' | 'currency' | 'timeZone'
>;

const SLUG_PATTERN = /^[a-z0-9][a-z0-9-]{0,39}$/;
const MAX_SLUG_LENGTH = 40;
const MAX_NAME_LENGTH = 200;

/**
 * Makes an organisation with both its ledgers.
 *
 * @returns it with the slug by which it is named everywhere and the time zone as the IANA list spells it.
 * @throws Refusal INTERNAL_VALIDATION_FAILED: an unknown currency or time zone, a slug of another form or taken.
 */
export async function createOrganisation(
  services: Pick<Services, 'database'>,
  request: OrganisationRequest,
): Promise<CreatedOrganisation> {
  const name = request.name.trim();
  const faults = faultsOf({ ...request, name });
  if (faults.length > 0) throw validationFailed(faults);
  const { currency } = request;
  const timeZone = canonicalTimeZone(request.timeZone) ?? request.timeZone;
  return inTransaction(services.database, async (tx) => {
    // The processes read the ledgers anew whenever the revision has moved.
    await takeRevision(tx);
    for (const slug of slugsFor(request.slug, name)) {
      const organisationId = await insertOrganisation(tx, { slug, name, currency, timeZone });
      if (organisationId === undefined) continue;
      await insertLedgers(tx, organisationId);
      return { organisationId, slug, name, currency, timeZone };
    }
    throw validationFailed([{ pointer: '/slug', message: 'is taken by another organisation' }]);
  });
}

function faultsOf({ name, currency, timeZone, slug }: OrganisationRequest): Fault[] {
  const faults: Fault[] = [];
  if (name.length === 0 || name.length > MAX_NAME_LENGTH) {
    faults.push({ pointer: '/name', message: `must have 1 to ${MAX_NAME_LENGTH} characters` });
  }
  if (!Intl.supportedValuesOf('currency').includes(currency)) {
    faults.push({ pointer: '/currency', message: 'must be an ISO 4217 code in upper case, such as EUR' });
  }
  if (canonicalTimeZone(timeZone) === undefined) {
    faults.push({
      pointer: '/timeZone',
      message: 'must be a time zone of the IANA list, such as Europe/Prague',
    });
  }
  if (slug !== undefined && !SLUG_PATTERN.test(slug)) {
    const message = 'must be 1 to 40 lower-case letters, digits and hyphens, and not begin with a hyphen';
    faults.push({ pointer: '/slug', message });
  }
  return faults;
}

/** @returns the zone with the capitals of the list, or undefined; an offset such as +02:00 is no zone. */
function canonicalTimeZone(timeZone: string): string | undefined {
  if (!/^[A-Za-z]/.test(timeZone)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** @returns the slugs to try in turn: the given one alone, or the name's, numbered where it is taken. */
function* slugsFor(given: string | undefined, name: string): Generator<string> {
  if (given !== undefined) {
    yield given;
    return;
  }
  const slug = slugOf(name);
  yield slug;
  for (let number = 2; number < 1_000; number++) {
    const ending = `-${number}`;
    yield slug.slice(0, MAX_SLUG_LENGTH - ending.length) + ending;
  }
}

/** @returns the slug of an organisation's name; `organisation` where no letters and digits are left of it. */
export function slugOf(name: string): string {
  return toSlug(name, MAX_SLUG_LENGTH) || 'organisation';
}
