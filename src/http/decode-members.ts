import { toMicro } from '../ledger/amount.ts';
import type { CustomerName, SpenderName } from '../operations/name-customer.ts';
import { validationFailed } from '../refusals.ts';
import { normaliseCustomerIp } from './customer-ip.ts';

/** @returns credits in millionths; the schema has let only exact amounts pass. */
export function microOf(credits: number): bigint {
  const micro = toMicro(credits);
  if (micro === undefined) throw new Error('an amount passed the schema that has no millionths');
  return micro;
}

/** The same of an amount that may be absent. */
export function maybeMicroOf(credits: number | undefined): bigint | undefined {
  return credits === undefined ? undefined : microOf(credits);
}

/** @returns the address in its canonical form; the schema has let only addresses pass. */
export function ipOf(customerRealIp: string | undefined): string | undefined {
  return customerRealIp === undefined ? undefined : normaliseCustomerIp(customerRealIp);
}

interface Names {
  readonly identityId?: string | undefined;
  readonly cuRefNo?: string | undefined;
  readonly email?: string | undefined;
}

/** @returns the one name; the schema has let nothing pass that has two, or none. */
export function spenderOf({ identityId, cuRefNo }: Omit<Names, 'email'>): SpenderName {
  if (identityId !== undefined) return { identityId };
  if (cuRefNo !== undefined) return { cuRefNo };
  throw new Error('a request passed the schema that names no customer');
}

/** @throws Refusal INTERNAL_VALIDATION_FAILED unless there is exactly one name. */
export function customerOf({ identityId, cuRefNo, email }: Names): CustomerName {
  const names: CustomerName[] = [];
  if (identityId !== undefined) names.push({ identityId });
  if (cuRefNo !== undefined) names.push({ cuRefNo });
  if (email !== undefined) names.push({ email });
  const [name, ...others] = names;
  if (name === undefined || others.length > 0)
    throw validationFailed([{ pointer: '', message: 'must have exactly one of identityId, cuRefNo, email' }]);
  return name;
}
