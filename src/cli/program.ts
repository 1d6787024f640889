import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { grantCommand } from './credit-commands.ts';
import { customerCommands } from './customer-commands.ts';
import { keyCommands } from './key-commands.ts';
import { orderCommands } from './order-commands.ts';
import { organisationCommands } from './organisation-commands.ts';
import { sandboxCommands } from './sandbox-commands.ts';
import { demoCommand, migrateCommand, serveCommand } from './server-commands.ts';
import { refundCommand, voidCommand } from './undo-commands.ts';
import { verifyCommand } from './verify-command.ts';

const HELP = `
Examples:
  $ npm run purser -- organisation create --name "Corner Gym" --currency CZK --time-zone Europe/Prague
  $ npm run purser -- key create --kind DEV
  $ npm run purser -- grant customer@example.com --ledger sandbox --amount 100
  $ npm run --silent purser -- key list --json

Commands use the database of the server, whether or not it runs: that of DATABASE_URL, or the one in
PURSER_DATA_DIR (./data). Every command but serve and demo takes --json for programs.
Exit codes: 0 done, 1 not possible, 2 wrong command line.`;

/**
 * @param tellsErrors whether a wrong command line is told to the person who typed it; else it is only thrown.
 * @returns the whole command line; parsing throws instead of ending the process.
 */
export function createProgram(tellsErrors: boolean): Command {
  const program = new Command('purser')
    .description("Purser keeps your customers' prepaid credit: exact, durable, explained.")
    .version(version(), '--version', 'show the version')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', HELP);
  for (const command of [
    serveCommand(),
    demoCommand(),
    migrateCommand(),
    organisationCommands(),
    keyCommands(),
    customerCommands(),
    grantCommand(),
    refundCommand(),
    voidCommand(),
    orderCommands(),
    sandboxCommands(),
    verifyCommand(),
  ]) {
    program.addCommand(command);
  }
  return throwing(program, tellsErrors);
}

/** Subcommands do not inherit how errors leave, so each is told. */
function throwing(command: Command, tellsErrors: boolean): Command {
  if (!tellsErrors) command.configureOutput({ writeErr: () => undefined });
  command.exitOverride().showHelpAfterError('Add --help for the options and examples.');
  command.helpOption('-h, --help', 'show this help');
  for (const subcommand of command.commands) throwing(subcommand, tellsErrors);
  return command;
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
