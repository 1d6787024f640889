import { type Fault, Refusal, validationFailed } from '../refusals.ts';
import { findCustomerByCuRefNo, updateContactRow } from '../store/customers.ts';
import { inTransaction } from '../store/database.ts';
import { lockLoginState } from '../store/passwords.ts';
import { toGroups } from './customer-profile.ts';
import { type CustomerName, nameCustomer } from './name-customer.ts';
import type { Caller, Services } from './services.ts';

/** What an operator sets of a customer; absent is unchanged. */
export interface ContactUpdate {
  readonly customer: Exclude<CustomerName, { readonly identityId: string }>;
  /** The cuRefNo of the customer who may see this one's detail; null: nobody any more. */
  readonly managedBy?: string | null | undefined;
  readonly premium?: boolean | undefined;
  /** Names. */
  readonly groups?: readonly string[] | undefined;
  /** Whatever the operator wants to keep; replaces what was there. */
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
}

const MAX_META_BYTES = 16 * 1024;

/**
 * Sets what operators set of a customer.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED; INTERNAL_RESOURCE_NOT_FOUND, also for one who was erased.
 */
export async function updateContact(
  services: Pick<Services, 'database' | 'sessionNames'>,
  caller: Pick<Caller, 'ledgerId'>,
  { customer, managedBy, premium, groups: given, meta }: ContactUpdate,
): Promise<{ success: true }> {
  const faults: Fault[] = [];
  const groups = given && toGroups(given, faults);
  if (meta !== undefined) faults.push(...faultsOfMeta(meta));
  if (faults.length > 0) throw validationFailed(faults);
  const { accountId } = await nameCustomer(services, caller, customer);
  return inTransaction(services.database, async (tx) => {
    // Under the lock: one who is just being erased gets nothing new.
    const state = await lockLoginState(tx, accountId);
    if (!state || state.isErased) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    const manager = managedBy && (await findCustomerByCuRefNo(tx, caller.ledgerId, managedBy));
    if (manager === undefined && managedBy) throw refuseManager('is the cuRefNo of no customer');
    if (manager && manager.accountId === accountId) throw refuseManager('must be another customer');
    const managedByAccountId = managedBy === undefined ? undefined : manager ? manager.accountId : null;
    const isThere = await updateContactRow(tx, accountId, { managedByAccountId, premium, groups, meta });
    if (!isThere) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    return { success: true };
  });
}

function refuseManager(message: string): Error {
  return validationFailed([{ pointer: '/managedBy', message }]);
}

/** What the database cannot keep as it was given, and what is too much. */
function faultsOfMeta(meta: Readonly<Record<string, unknown>>): Fault[] {
  const faults: Fault[] = [];
  const look = (value: unknown, pointer: string): void => {
    if (typeof value === 'string' && !isText(value)) {
      faults.push({ pointer, message: 'must be well-formed text without U+0000' });
    } else if (Array.isArray(value)) {
      for (const [place, item] of value.entries()) look(item, `${pointer}/${place}`);
    } else if (typeof value === 'object' && value !== null) {
      lookInside(value, pointer);
    }
  };
  const lookInside = (value: object, pointer: string): void => {
    // A number that a double cannot hold comes from the parser as an object of its own class.
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      faults.push({ pointer, message: 'must be a number with at most 15 significant digits' });
      return;
    }
    for (const [name, member] of Object.entries(value)) {
      const inner = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (!isText(name))
        faults.push({ pointer, message: 'must have names of well-formed text without U+0000' });
      else look(member, inner);
    }
  };
  lookInside(meta, '/meta');
  if (faults.length === 0 && Buffer.byteLength(JSON.stringify(meta)) > MAX_META_BYTES) {
    faults.push({ pointer: '/meta', message: `must have at most ${MAX_META_BYTES} bytes as JSON` });
  }
  return faults;
}

function isText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}
