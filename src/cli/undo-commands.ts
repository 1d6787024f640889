import { Command } from 'commander';
import { randomAlphanumerics } from '../ids.ts';
import type { Micro } from '../ledger/amount.ts';
import { ledgerOfTransaction } from '../operations/name-ledger.ts';
import { refundCredit } from '../operations/refund-credit.ts';
import type { Caller, DecidedAnswer, RequestContext, Services } from '../operations/services.ts';
import { voidCredit } from '../operations/void-credit.ts';
import { type Answer, type JsonOption, NotThereError } from './answer.ts';
import { readIdempotencyKey } from './arguments.ts';
import { readPositive, tellMoved } from './credit-commands.ts';
import { AUTHOR, tellMissing } from './name-customer.ts';
import { answerWithServices } from './with-services.ts';

interface UndoOptions extends JsonOption {
  readonly amount?: Micro;
  readonly debt?: true;
  readonly description?: string;
  readonly idempotencyKey?: string;
}

/** `purser refund`. */
export function refundCommand(): Command {
  const command = new Command('refund')
    .description('give back what a spend or a capture took, whole or in part')
    .option('--amount <credits>', 'credits to give back (default: all that is left)', readPositive);
  return addUndoOptions(command)
    .addHelpText('after', '\nExample:\n  $ npm run purser -- refund HxanU4a1n4El61zx --amount 40')
    .action((transactionId: string, options: UndoOptions) => {
      const { amount, description } = options;
      return answerWithServices(options, (services) =>
        undo(services, transactionId, (caller) =>
          refundCredit(services, caller, { transactionId, amount, description }, requestOf(options)),
        ),
      );
    });
}

/** `purser void`. */
export function voidCommand(): Command {
  const command = new Command('void')
    .description('take back what is left of a grant: a charge-back, a wrong customer')
    .option('--debt', 'let the customer owe what was used of it already');
  return addUndoOptions(command)
    .addHelpText('after', '\nExample:\n  $ npm run purser -- void HxanU4a1n4El61zx --debt')
    .action((transactionId: string, options: UndoOptions) => {
      const { debt, description } = options;
      return answerWithServices(options, (services) =>
        undo(services, transactionId, (caller) =>
          voidCredit(services, caller, { transactionId, debt, description }, requestOf(options)),
        ),
      );
    });
}

function addUndoOptions(command: Command): Command {
  return command
    .argument('<transaction>', 'its id, as answered and shown in the credit log')
    .option('--description <text>', 'kept with the entry and shown in the credit log')
    .option('--idempotency-key <key>', 'makes a repetition of the same command harmless', readIdempotencyKey)
    .option('--json', 'answer in JSON');
}

/** The id says which ledger is meant. One of the wrong kind is decided by the ledger, not thrown. */
async function undo(
  services: Services,
  transactionId: string,
  work: (caller: Caller) => Promise<DecidedAnswer>,
): Promise<Answer> {
  const what = `transaction ${transactionId} that this could undo`;
  const { ledgerId } = await tellMissing(ledgerOfTransaction(services, transactionId), what);
  const decided = await work({ ledgerId, author: AUTHOR });
  if (decided.status === 404) throw new NotThereError(`There is no ${what}.`);
  return tellMoved(decided);
}

function requestOf({ idempotencyKey }: UndoOptions): RequestContext {
  return { requestId: randomAlphanumerics(16), idempotencyKey };
}
