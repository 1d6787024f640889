import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { endSessionsOfCustomer } from '../operations/end-sessions.ts';
import { eraseCustomer } from '../operations/erase-customer.ts';
import { exportCustomer } from '../operations/export-customer.ts';
import { listSessionsOf } from '../operations/list-sessions.ts';
import type { Services } from '../operations/services.ts';
import { showCustomer } from '../operations/show-customer.ts';
import { updateContact } from '../operations/update-contact.ts';
import { type Answer, type JsonOption, table, UnreadError, UsageError } from './answer.ts';
import { collect } from './arguments.ts';
import {
  addCustomerOptions,
  type CustomerOptions,
  forCustomer,
  type NamedCustomer,
  tellMissing,
} from './name-customer.ts';
import { answerWithServices } from './with-services.ts';

type Options = CustomerOptions & JsonOption;

/** `purser customer update|sessions|end-sessions|export|erase`. */
export function addCustomerData(customer: Command): void {
  addUpdate(customer);
  addSessions(customer);
  addEndSessions(customer);
  addExport(customer);
  addErase(customer);
}

/** Runs a command on the customer that its command line names. */
function onCustomer(
  argument: string | undefined,
  options: Options,
  work: (services: Services, named: NamedCustomer) => Promise<Answer>,
): Promise<void> {
  return answerWithServices(options, (services) =>
    forCustomer(services, argument, options, (named) => work(services, named)),
  );
}

function addUpdate(customer: Command): void {
  interface UpdateOptions extends Options {
    readonly managedBy?: string;
    readonly premium?: boolean;
    readonly group?: readonly string[] | false;
    readonly meta?: Readonly<Record<string, unknown>>;
  }
  addCustomerOptions(customer.command('update'))
    .description('set what operators set; what is not named stays as it is')
    .option('--managed-by <reference>', 'cuRefNo of the customer who may see this one; none for nobody')
    .option('--premium', 'the customer is premium')
    .option('--no-premium', 'the customer is not premium')
    .option('--group <name>', 'a group of the customer; give it again for each', collect)
    .option('--no-group', 'the customer is in no group')
    .option('--meta <json>', 'a JSON object of yours; it replaces what was there', readMeta)
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npm run purser -- customer update customer@example.com --premium --group "Personal Trainer" --group VIP\n  $ npm run purser -- customer update customer@example.com --meta \'{"plan":"gold"}\'',
    )
    .action((argument: string | undefined, options: UpdateOptions) => {
      const { managedBy, premium, group, meta } = options;
      const change = {
        managedBy: managedBy === 'none' ? null : managedBy,
        premium,
        groups: group === false ? [] : group,
        meta,
      };
      if (Object.values(change).every((value) => value === undefined)) {
        throw new UsageError('Name at least one thing to set; --help lists them.');
      }
      return onCustomer(argument, options, async (services, { caller, customer: name }) => {
        await updateContact(services, caller, { customer: name, ...change });
        const shown = await showCustomer(services, caller, name);
        return { json: shown, text: `${shown.email} is updated.` };
      });
    });
}

function readMeta(text: string): Record<string, unknown> {
  const failed = new InvalidArgumentError('It must be a JSON object, such as \'{"plan":"gold"}\'.');
  let meta: unknown;
  try {
    meta = JSON.parse(text);
  } catch {
    throw failed;
  }
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) throw failed;
  return { ...meta };
}

function addSessions(customer: Command): void {
  addCustomerOptions(customer.command('sessions'))
    .description('list where a customer is logged in')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExample:\n  $ npm run purser -- customer sessions customer@example.com')
    .action((argument: string | undefined, options: Options) =>
      onCustomer(argument, options, async (services, { caller, customer: name }) => {
        const { items } = await listSessionsOf(services, caller, name);
        const rows = items.map(({ sessionId, createdAt, createdFrom, lastUsedAt, expiresAt }) => [
          sessionId,
          createdAt,
          createdFrom ?? 'unknown',
          lastUsedAt,
          expiresAt,
        ]);
        const headings = ['ID', 'SINCE', 'FROM', 'LAST USED', 'EXPIRES'];
        return {
          json: { sessions: items },
          text: rows.length === 0 ? 'The customer is not logged in anywhere.' : table(headings, rows),
        };
      }),
    );
}

function addEndSessions(customer: Command): void {
  addCustomerOptions(customer.command('end-sessions'))
    .description('log a customer out everywhere, or end one session')
    .option('--session <id>', 'the ID of one, as `customer sessions` lists it')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExample:\n  $ npm run purser -- customer end-sessions customer@example.com')
    .action((argument: string | undefined, options: Options & { readonly session?: string }) =>
      onCustomer(argument, options, async (services, { caller, customer: name }) => {
        const { session: sessionId } = options;
        const { cuRefNo, email } = await showCustomer(services, caller, name);
        const request = { customer: { cuRefNo }, sessionId };
        const ending = endSessionsOfCustomer(services, caller, request);
        const answer = await tellMissing(ending, `session ${sessionId} of customer ${email}`);
        return { json: answer, text: `Ended: ${answer.ended}.` };
      }),
    );
}

function addExport(customer: Command): void {
  addCustomerOptions(customer.command('export'))
    .description('print all that is kept of a customer, as JSON; nobody can log in with anything in it')
    .option('--json', 'the same')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run --silent purser -- customer export customer@example.com > customer.json',
    )
    .action((argument: string | undefined, options: Options) =>
      onCustomer(argument, options, async (services, { caller, customer: name }) => {
        // A long history is written as it is read; what follows is the end of the line.
        for await (const piece of await exportCustomer(services, caller, name)) await write(piece);
        return { json: '', text: '' };
      }),
    );
}

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error: NodeJS.ErrnoException | null | undefined) => {
      if (!error) return resolve();
      reject(error.code === 'EPIPE' ? new UnreadError('The output was closed.') : error);
    });
  });
}

function addErase(customer: Command): void {
  interface EraseOptions extends Options {
    readonly reason: string;
    readonly writeOff?: true;
  }
  addCustomerOptions(customer.command('erase'))
    .description(
      'erase the personal data of a customer for good; the account stays, banned, with its entries',
    )
    .requiredOption('--reason <text>', 'why; kept with the account')
    .option(
      '--write-off',
      'release its holds and take away its credit or debt, which it must not have otherwise',
    )
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run purser -- customer erase customer@example.com --reason "asked by e-mail" --write-off',
    )
    .action((argument: string | undefined, options: EraseOptions) =>
      onCustomer(argument, options, async (services, { caller, customer: name }) => {
        const { cuRefNo } = await showCustomer(services, caller, name);
        const { reason, writeOff } = options;
        // By its reference: the e-mail address will not name it any more.
        await eraseCustomer(services, caller, { customer: { cuRefNo }, reason, writeOff });
        return { json: { cuRefNo, erased: true }, text: `Customer ${cuRefNo} is erased.` };
      }),
    );
}
