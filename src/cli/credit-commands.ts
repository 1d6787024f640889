import { Command, InvalidArgumentError } from 'commander';
import { randomAlphanumerics } from '../ids.ts';
import type { Micro } from '../ledger/amount.ts';
import { adjustCredit } from '../operations/adjust-credit.ts';
import { grantCredit } from '../operations/grant-credit.ts';
import type { DecidedAnswer, RequestContext } from '../operations/services.ts';
import { type Answer, type JsonOption, list, readDecided } from './answer.ts';
import { readAmount, readIdempotencyKey, readPriority } from './arguments.ts';
import { addCustomerOptions, type CustomerOptions, forCustomer } from './name-customer.ts';
import { answerWithServices } from './with-services.ts';

interface CreditOptions extends CustomerOptions, JsonOption {
  readonly amount: Micro;
  readonly money?: Micro;
  readonly expires?: string;
  readonly priority?: number;
  readonly description?: string;
  readonly idempotencyKey?: string;
}

const EXPIRES_HELP =
  "a date such as 2030-12-31 (through that day, in the organisation's time zone) or an instant (default: never)";

/** `purser grant`. */
export function grantCommand(): Command {
  const command = new Command('grant').description('give a customer credit');
  return addCreditOptions(command)
    .requiredOption('--amount <credits>', 'credits to give, at most 6 decimal places', readPositive)
    .option('--money <amount>', 'what they were sold for (default: 1 a credit)', readNotNegative)
    .option('--expires <end>', EXPIRES_HELP)
    .option('--priority <n>', 'burns earlier the lower it is, 0 to 100 (default: 50)', readPriority)
    .addHelpText(
      'after',
      '\nExamples:\n  $ npm run purser -- grant customer@example.com --amount 100\n  $ npm run purser -- grant customer@example.com --amount 100 --money 90 --expires 2030-12-31 --idempotency-key order-25000087',
    )
    .action((argument: string | undefined, options: CreditOptions) =>
      answerWithServices(options, (services) =>
        forCustomer(services, argument, options, async ({ caller, customer }) => {
          const { amount, money, expires, priority, description } = options;
          const wish = {
            customer,
            amount,
            amountMoney: money,
            expirationDate: expires,
            priority,
            description,
          };
          return tellMoved(await grantCredit(services, caller, wish, requestOf(options)));
        }),
      ),
    );
}

/** `purser customer adjust`. */
export function addAdjust(parent: Command): void {
  addCreditOptions(parent.command('adjust'))
    .description("correct a customer's credit; a negative amount may go beyond the debt limit")
    .requiredOption('--amount <credits>', 'credits to add, or to take where negative', readNotZero)
    .option('--money <amount>', 'money of credits that are added (default: 1 a credit)', readNotNegative)
    .option('--expires <end>', `of credits that are added: ${EXPIRES_HELP}`)
    .addHelpText(
      'after',
      '\nExample:\n  $ npm run purser -- customer adjust customer@example.com --amount -5 --description "counted twice"',
    )
    .action((argument: string | undefined, options: CreditOptions) =>
      answerWithServices(options, (services) =>
        forCustomer(services, argument, options, async ({ caller, customer }) => {
          const { amount, money, expires, description } = options;
          const wish = { customer, amount, amountMoney: money, expirationDate: expires, description };
          return tellMoved(await adjustCredit(services, caller, wish, requestOf(options)));
        }),
      ),
    );
}

function addCreditOptions(command: Command): Command {
  return addCustomerOptions(command)
    .option('--description <text>', 'kept with the entry and shown in the credit log')
    .option('--idempotency-key <key>', 'makes a repetition of the same command harmless', readIdempotencyKey)
    .option('--json', 'answer in JSON');
}

function requestOf({ idempotencyKey }: CreditOptions): RequestContext {
  return { requestId: randomAlphanumerics(16), idempotencyKey };
}

/** @returns what a command that moved credit has to say. */
export function tellMoved(decided: DecidedAnswer): Answer {
  const { body, success } = readDecided(decided);
  const text = list([
    ['Transaction', String(success.transactionId)],
    ['Credit before', String(success.oldCreditBalance)],
    ['Credit after', String(success.newCreditBalance)],
    ['Still refundable', success.refundable === undefined ? undefined : String(success.refundable)],
    ['Replayed', decided.replayed ? 'yes: this was done before and not again' : undefined],
  ]);
  return { json: body, text };
}

/** Reads an amount above 0. */
export function readPositive(text: string): Micro {
  const amount = readAmount(text);
  if (amount <= 0n) throw new InvalidArgumentError('It must be greater than 0.');
  return amount;
}

function readNotNegative(text: string): Micro {
  const amount = readAmount(text);
  if (amount < 0n) throw new InvalidArgumentError('It must not be negative.');
  return amount;
}

function readNotZero(text: string): Micro {
  const amount = readAmount(text);
  if (amount === 0n) throw new InvalidArgumentError('It must not be 0.');
  return amount;
}
