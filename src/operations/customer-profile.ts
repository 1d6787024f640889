import { type Fault, validationFailed } from '../refusals.ts';
import type { StoredProfile } from '../store/customers.ts';
import { callingCodeOf } from './calling-codes.ts';
import { normalisePhone } from './phone-number.ts';
import { groupSlugOf } from './slug.ts';

export { applyProfile } from '../store/customers.ts';

/** The members of a profile that are plain texts, each with the most characters it may have. */
export const PROFILE_TEXTS = {
  name: 200,
  firstName: 200,
  lastName: 200,
  companyName: 200,
  companyRegistrationNumber: 100,
  taxIdentificationNumber: 100,
  streetAddress: 300,
  city: 200,
  cityPart: 200,
  stateRegion: 200,
  postalCode: 40,
} as const;

/** At most so many groups, each of at most so many characters. */
export const MOST_GROUPS = 50;
export const MAX_GROUP_LENGTH = 100;

type TextMember = keyof typeof PROFILE_TEXTS | 'phone' | 'country' | 'primaryLocale';

/** Members of a profile as a request gives them. Absent is unchanged, a text of nothing but spaces clears. */
export interface ProfileRequest extends Partial<Record<TextMember, string | undefined>> {
  readonly newsletter?: boolean | undefined;
  /** Names. */
  readonly groups?: readonly string[] | undefined;
}

/** A profile in the form in which it is stored: plain JSON. Absent is unchanged, null is cleared. */
export type Profile = StoredProfile;

/**
 * Brings the members of a profile into the form in which they are stored: texts trimmed, the country two capital
 * letters (ISO 3166-1), the locale as BCP 47 writes it, the phone as `+420 777123456`, each group once.
 *
 * @param country the customer's so far, for a phone number that names no calling code.
 * @throws Refusal INTERNAL_VALIDATION_FAILED with all faults.
 */
export function normaliseProfile(request: ProfileRequest, country?: string | null): Profile {
  const faults: Fault[] = [];
  const profile: Record<string, string | boolean | readonly string[] | null> = {};
  const set = (member: keyof Profile, value: string | null | Failed) => {
    if (typeof value === 'object' && value !== null)
      faults.push({ pointer: `/${member}`, message: value.failed });
    else profile[member] = value;
  };
  for (const [member, most] of Object.entries(PROFILE_TEXTS) as [keyof typeof PROFILE_TEXTS, number][]) {
    const text = request[member];
    if (text !== undefined) set(member, toText(text, most));
  }
  if (request.country !== undefined) set('country', toCountry(request.country));
  if (request.primaryLocale !== undefined) set('primaryLocale', toLocale(request.primaryLocale));
  if (request.phone !== undefined) {
    const own = request.country === undefined ? country : profile.country;
    set('phone', toPhone(request.phone, typeof own === 'string' ? own : null));
  }
  if (request.newsletter !== undefined) profile.newsletter = request.newsletter;
  if (request.groups !== undefined) profile.groups = toGroups(request.groups, faults);
  if (faults.length > 0) throw validationFailed(faults);
  return profile;
}

/** What is wrong with a member. */
interface Failed {
  readonly failed: string;
}

function toText(given: string, most: number): string | null | Failed {
  const text = given.trim();
  return text.length > most ? { failed: `must have at most ${most} characters` } : text || null;
}

function toCountry(given: string): string | null | Failed {
  const country = given.trim().toUpperCase();
  if (country === '') return null;
  const failed = 'must be a country in two letters (ISO 3166-1), such as CZ';
  return callingCodeOf(country) === undefined ? { failed } : country;
}

function toLocale(given: string): string | null | Failed {
  const locale = given.trim().replaceAll('_', '-');
  if (locale === '') return null;
  const failed = { failed: 'must be a language or locale (BCP 47), such as cs or cs-CZ' };
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? failed;
  } catch {
    return failed;
  }
}

function toPhone(given: string, country: string | null): string | null | Failed {
  if (given.trim() === '') return null;
  const phone = normalisePhone(given, country);
  if (phone === 'no-country') return { failed: 'must begin with a country code, such as +420 777123456' };
  return phone ?? { failed: 'must be a phone number, such as +420 777123456' };
}

/**
 * Brings names of groups into the form in which they are stored; of those with the same slug the first counts.
 * Faults are added to `faults`.
 */
export function toGroups(given: readonly string[], faults: Fault[]): string[] {
  if (given.length > MOST_GROUPS) {
    faults.push({ pointer: '/groups', message: `must have at most ${MOST_GROUPS} members` });
    return [];
  }
  const bySlug = new Map<string, string>();
  for (const [place, text] of given.entries()) {
    const name = text.trim();
    const pointer = `/groups/${place}`;
    const slug = groupSlugOf(name);
    if (name === '') faults.push({ pointer, message: 'must not be empty' });
    else if (name.length > MAX_GROUP_LENGTH) {
      faults.push({ pointer, message: `must have at most ${MAX_GROUP_LENGTH} characters` });
    } else if (!bySlug.has(slug)) bySlug.set(slug, name);
  }
  return [...bySlug.values()];
}
