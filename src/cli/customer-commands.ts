import { Command, InvalidArgumentError } from 'commander';
import type { Micro } from '../ledger/amount.ts';
import { setBan, setLimits } from '../operations/change-account.ts';
import { createCustomer } from '../operations/create-customer.ts';
import type { Services } from '../operations/services.ts';
import { type ShownCustomer, showCustomer } from '../operations/show-customer.ts';
import { type Answer, type JsonOption, list, readDecided, UsageError } from './answer.ts';
import { readAmount } from './arguments.ts';
import { addAdjust } from './credit-commands.ts';
import { addCustomerData } from './customer-data-commands.ts';
import {
  addCustomerOptions,
  addLedgerOptions,
  type CustomerOptions,
  callerOf,
  forCustomer,
  type LedgerOptions,
} from './name-customer.ts';
import { answerWithServices } from './with-services.ts';

interface CreateOptions extends LedgerOptions, JsonOption {
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly companyName?: string;
}

/** `purser customer create|show|update|adjust|limits|ban|sessions|end-sessions|export|erase`. */
export function customerCommands(): Command {
  const customer = new Command('customer').description(
    'make, show, change, limit, ban, export and erase customers',
  );
  addCreate(customer);
  addShow(customer);
  addAdjust(customer);
  addLimits(customer);
  addBan(customer);
  addCustomerData(customer);
  return customer;
}

function addCreate(customer: Command): void {
  const command = customer
    .command('create')
    .argument('[email]', 'e-mail address')
    .description('make the customer of an e-mail address, or show the reference of the one that is there')
    .option('--email <email>', 'instead of the argument')
    .option('--first-name <name>')
    .option('--last-name <name>')
    .option('--company-name <name>');
  addLedgerOptions(command)
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run purser -- customer create customer@example.com --ledger sandbox',
    )
    .action((argument: string | undefined, options: CreateOptions) => {
      const email = argument ?? options.email;
      if (email === undefined || (argument !== undefined && options.email !== undefined)) {
        throw new UsageError('Give one e-mail address.');
      }
      return answerWithServices(options, (services) => create(services, { ...options, email }));
    });
}

async function create(services: Services, options: CreateOptions & { email: string }): Promise<Answer> {
  const { name: ledger, ...caller } = await callerOf(services, options);
  const { firstName, lastName, companyName } = options;
  const created = await createCustomer(services, caller, {
    email: options.email,
    firstName,
    lastName,
    companyName,
  });
  const { cuRefNo, email, isNew } = created;
  const text = isNew
    ? `Customer ${cuRefNo} (${email}) is made in ${ledger}.`
    : `Customer ${cuRefNo} (${email}) is already there in ${ledger}; nothing was changed.`;
  return { json: { cuRefNo, email, isNew, ledger }, text };
}

function addShow(customer: Command): void {
  addCustomerOptions(customer.command('show'))
    .description('show a customer and its credit')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExample:\n  $ npm run purser -- customer show customer@example.com')
    .action((argument: string | undefined, options: CustomerOptions & JsonOption) =>
      answerWithServices(options, async (services) =>
        tellCustomer(
          await forCustomer(services, argument, options, ({ caller, customer: name }) =>
            showCustomer(services, caller, name),
          ),
        ),
      ),
    );
}

function tellCustomer(shown: ShownCustomer): Answer {
  const { referral } = shown;
  const text = list([
    ['Reference', shown.cuRefNo],
    ['E-mail', shown.email],
    ['Name', shown.name ?? [shown.firstName, shown.lastName].filter(Boolean).join(' ')],
    ['Company', shown.companyName],
    ['Phone', shown.phone],
    ['Groups', shown.groups.join(', ')],
    ['Premium', shown.premium ? 'yes' : 'no'],
    ['Managed by', shown.managedBy],
    ['Referred by', referral && `${referral.code} (${referral.email})`],
    ['Since', shown.createdAt.toISOString()],
    ['Confirmed', shown.emailConfirmedAt?.toISOString() ?? 'no'],
    ['Password', shown.isRegistered ? 'yes' : 'no'],
    ['Erased', shown.erasedAt?.toISOString()],
    ['Banned', shown.ban ? 'yes' : 'no'],
    ['Sessions', shown.sessions],
    ['Credit', shown.creditBalance],
    ['Held', shown.held],
    ['Debt', shown.debt],
    ...limitLines(shown),
    ['Available', shown.available],
  ]);
  return { json: shown, text };
}

function addLimits(customer: Command): void {
  interface Options extends CustomerOptions, JsonOption {
    readonly debt?: Micro;
    readonly monthlySoft?: Micro;
    readonly monthlyHard?: Micro;
    readonly lowBalance?: Micro | 'none';
    readonly reason?: string;
  }
  addCustomerOptions(customer.command('limits'))
    .description('set how far the credit of a customer may be spent; what is not named stays as it is')
    .option('--debt <credits>', 'credits of debt allowed; 0 for none', readLimit)
    .option('--monthly-soft <credits>', 'use of a month that is told as an event; 0 for none', readLimit)
    .option('--monthly-hard <credits>', 'use of a month that nothing goes beyond; 0 for none', readLimit)
    .option('--low-balance <credits>', 'balance below which an event is told; none to stop', readMark)
    .option('--reason <text>', 'kept with the change')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npm run purser -- customer limits customer@example.com --debt 50\n  $ npm run purser -- customer limits customer@example.com --monthly-hard 1000 --low-balance none',
    )
    .action((argument: string | undefined, options: Options) => {
      const { debt, monthlySoft, monthlyHard, lowBalance, reason } = options;
      const limits = {
        debtLimit: debt,
        monthlySoftLimit: monthlySoft,
        monthlyHardLimit: monthlyHard,
        lowBalance: lowBalance === 'none' ? null : lowBalance,
      };
      if (Object.values(limits).every((limit) => limit === undefined)) {
        throw new UsageError('Name at least one limit; --help lists them.');
      }
      return answerWithServices(options, (services) =>
        forCustomer(services, argument, options, async ({ caller, customer: name }) => {
          readDecided(await setLimits(services, caller, { customer: name, ...limits, reason }));
          return tellLimits(await showCustomer(services, caller, name));
        }),
      );
    });
}

function tellLimits(shown: ShownCustomer): Answer {
  const { cuRefNo, email, debtLimit, monthlySoftLimit, monthlyHardLimit, lowBalance } = shown;
  const text = list([['Customer', email], ...limitLines(shown)]);
  return { json: { cuRefNo, email, debtLimit, monthlySoftLimit, monthlyHardLimit, lowBalance }, text };
}

function limitLines(shown: ShownCustomer): (readonly [string, string | number])[] {
  return [
    ['Debt limit', shown.debtLimit],
    ['Monthly soft limit', shown.monthlySoftLimit || 'none'],
    ['Monthly hard limit', shown.monthlyHardLimit || 'none'],
    ['Low balance', shown.lowBalance ?? 'none'],
  ];
}

function readLimit(text: string): Micro {
  const limit = readAmount(text);
  if (limit < 0n) throw new InvalidArgumentError('It must not be negative.');
  return limit;
}

/** A parser's null would be read as an option without a value. */
function readMark(text: string): Micro | 'none' {
  return text === 'none' ? text : readAmount(text);
}

function addBan(customer: Command): void {
  interface Options extends CustomerOptions, JsonOption {
    readonly lift?: true;
    readonly reason?: string;
  }
  addCustomerOptions(customer.command('ban'))
    .description('refuse all spending and new sessions of a customer; nothing else is taken away')
    .option('--lift', 'lift the ban')
    .option('--reason <text>', 'kept with the change')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npm run purser -- customer ban customer@example.com --reason "chargeback"\n  $ npm run purser -- customer ban customer@example.com --lift',
    )
    .action((argument: string | undefined, options: Options) =>
      answerWithServices(options, (services) =>
        forCustomer(services, argument, options, async ({ caller, customer: name }) => {
          const banned = options.lift !== true;
          await setBan(services, caller, { customer: name, banned, reason: options.reason });
          const { cuRefNo, email } = await showCustomer(services, caller, name);
          const text = banned ? `${email} is banned.` : `${email} is not banned.`;
          return { json: { cuRefNo, email, ban: banned }, text };
        }),
      ),
    );
}
