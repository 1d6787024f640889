import { type Command, Option } from 'commander';
import { SHORT_ID_PATTERN } from '../ids.ts';
import type { NamedByOperator } from '../operations/change-account.ts';
import { ledgerOfCustomer, nameLedger } from '../operations/name-ledger.ts';
import type { Caller, Services } from '../operations/services.ts';
import { Refusal } from '../refusals.ts';
import { NotThereError, UsageError } from './answer.ts';

/** The options that say in which ledger. */
export interface LedgerOptions {
  readonly organisation?: string;
  readonly ledger?: 'live' | 'sandbox';
}

/** The options that say which customer. */
export interface CustomerOptions extends LedgerOptions {
  readonly email?: string;
  readonly cuRefNo?: string;
}

/** A customer in a ledger, ready for an operation. */
export interface NamedCustomer {
  readonly caller: Caller;
  readonly customer: NamedByOperator;
}

/** Kept with whatever a command changes. */
export const AUTHOR = 'cli';

/** Adds the options of a ledger. */
export function addLedgerOptions(command: Command): Command {
  return command
    .option('--organisation <slug>', 'whose customer it is (default: the first one)')
    .addOption(
      new Option(
        '--ledger <ledger>',
        'live: data of PROD keys; sandbox: of DEV_ keys (default: live)',
      ).choices(['live', 'sandbox']),
    );
}

/** Adds the argument and the options that name a customer and its ledger. */
export function addCustomerOptions(command: Command): Command {
  command
    .argument('[customer]', 'e-mail address or cuRefNo')
    .option('--email <email>', 'instead of the argument')
    .option('--cu-ref-no <reference>', 'instead of the argument; says the ledger too');
  return addLedgerOptions(command);
}

/** @returns the caller for a ledger that is named by options alone. */
export async function callerOf(
  services: Services,
  options: LedgerOptions,
): Promise<Caller & { name: string }> {
  const { organisation, ledger = 'live' } = options;
  const { ledgerId, name } = await nameLedger(services, { organisation, kind: ledger });
  return { ledgerId, author: AUTHOR, name };
}

/** Reads the name itself. @throws UsageError unless exactly one is given. */
export function customerNameOf(
  argument: string | undefined,
  options: CustomerOptions,
): { email: string } | { cuRefNo: string } {
  const given = [argument, options.email, options.cuRefNo].filter((name) => name !== undefined);
  const [name] = given;
  if (name === undefined || given.length > 1) {
    throw new UsageError('Name one customer, by its e-mail address or its cuRefNo.');
  }
  if (options.email !== undefined || (options.cuRefNo === undefined && name.includes('@'))) {
    return { email: name };
  }
  if (SHORT_ID_PATTERN.test(name)) return { cuRefNo: name };
  throw new UsageError(`${name} is no e-mail address and no cuRefNo of 16 letters and digits.`);
}

/**
 * Does the work for the customer that the command line names. A cuRefNo is unique over all ledgers and so says
 * which one is meant, unless options do.
 */
export async function forCustomer<T>(
  services: Services,
  argument: string | undefined,
  options: CustomerOptions,
  work: (named: NamedCustomer) => Promise<T>,
): Promise<T> {
  const customer = customerNameOf(argument, options);
  const ledgerIsOpen = options.organisation === undefined && options.ledger === undefined;
  const shown = 'email' in customer ? customer.email : customer.cuRefNo;
  if ('cuRefNo' in customer && ledgerIsOpen) {
    const { ledgerId } = await tellMissing(ledgerOfCustomer(services, customer.cuRefNo), `customer ${shown}`);
    return work({ caller: { ledgerId, author: AUTHOR }, customer });
  }
  const { name, ...caller } = await callerOf(services, options);
  const hint = `customer ${shown} in ${name}; ${elsewhere(name)}`;
  return tellMissing(work({ caller, customer }), hint);
}

/** @returns how to look where somebody may have meant who has looked in this ledger. */
export function elsewhere(ledger: string): string {
  return `for the other ledger add --ledger ${ledger.endsWith('/live') ? 'sandbox' : 'live'}`;
}

/** Tells in words that what was named is not there. */
export async function tellMissing<T>(work: Promise<T>, what: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const isMissing = error instanceof Refusal && error.code === 'INTERNAL_RESOURCE_NOT_FOUND';
    throw isMissing ? new NotThereError(`There is no ${what}.`) : error;
  }
}
