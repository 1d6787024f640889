import { Command } from 'commander';
import { moveSandboxClock } from '../operations/move-sandbox-clock.ts';
import { resetSandbox } from '../operations/reset-sandbox.ts';
import { type JsonOption, list, UsageError } from './answer.ts';
import { callerOf } from './name-customer.ts';
import { answerWithServices } from './with-services.ts';

interface SandboxOptions extends JsonOption {
  readonly organisation?: string;
}

/** `purser sandbox clock|reset`. */
export function sandboxCommands(): Command {
  const sandbox = new Command('sandbox').description('move the clock of a sandbox, or empty it');
  addClock(sandbox);
  addReset(sandbox);
  return sandbox;
}

function addClock(sandbox: Command): void {
  interface Options extends SandboxOptions {
    readonly advance?: string;
    readonly to?: string;
  }
  sandbox
    .command('clock')
    .description('let time pass: credit and holds of the sandbox fall due as if it had')
    .option('--organisation <slug>', 'whose sandbox (default: the first one)')
    .option('--advance <length>', 'how far forward, such as 30d or 1d12h')
    .option('--to <instant>', 'the new present time, with an offset')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExample:\n  $ npm run purser -- sandbox clock --advance 30d')
    .action(({ advance, to, ...options }: Options) => {
      if ((advance === undefined) === (to === undefined)) throw new UsageError('Give --advance or --to.');
      return answerWithServices(options, async (services) => {
        const { name: _, ...caller } = await callerOf(services, { ...options, ledger: 'sandbox' });
        const move = advance === undefined ? { to: to ?? '' } : { advance };
        const moved = await moveSandboxClock(services, caller, move);
        const text = list([
          ['Now', moved.now],
          ['Ahead of real time', `${Number((moved.advancedBy / 86_400).toFixed(2))} days`],
        ]);
        return { json: moved, text };
      });
    });
}

function addReset(sandbox: Command): void {
  sandbox
    .command('reset')
    .description(
      'remove all credit, holds, orders, events, limits and bans, and set the clock back; customers stay',
    )
    .option('--organisation <slug>', 'whose sandbox (default: the first one)')
    .requiredOption('--confirm <slug>', 'the organisation once more')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExample:\n  $ npm run purser -- sandbox reset --confirm corner-gym')
    .action(({ confirm, ...options }: SandboxOptions & { readonly confirm: string }) =>
      answerWithServices(options, async (services) => {
        const { name, ...caller } = await callerOf(services, { ...options, ledger: 'sandbox' });
        const answer = await resetSandbox(services, caller, { confirm });
        return { json: answer, text: `${name} is empty.` };
      }),
    );
}
