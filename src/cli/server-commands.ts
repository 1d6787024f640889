import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { openConfiguredDatabase } from '../open-services.ts';
import { type JsonOption, printAnswer } from './answer.ts';
import { commandSettings } from './with-services.ts';

interface PortOption {
  readonly port?: string;
}

/** `purser serve`. The server is loaded only when it is asked for: other commands start in half the time. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('run the server until SIGTERM or Ctrl-C; settings come from the environment')
    .addHelpText('after', SETTINGS_HELP)
    .option('--port <number>', 'port to listen on, instead of PORT')
    .action(async ({ port }: PortOption) => {
      const { serve } = await import('../server.ts');
      await serve(readConfig({ ...process.env, ...(port === undefined ? {} : { PORT: port }) }));
    });
}

/** `purser demo`. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('run a throw-away server in which the published example works as it is printed')
    .option('--port <number>', 'port to listen on, instead of PORT')
    .action(async ({ port }: PortOption) => {
      const { serveDemo } = await import('../server.ts');
      await serveDemo(readConfig({ ...process.env, ...(port === undefined ? {} : { PORT: port }) }));
    });
}

/** `purser migrate`. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database to what this version expects; the server does it too when it starts')
    .option('--json', 'answer in JSON')
    .action(async (options: JsonOption) => {
      const { config, log } = commandSettings();
      const { stop } = await openConfiguredDatabase(config, log, { as: 'use' });
      await stop();
      printAnswer({ json: { success: true }, text: 'The database is up to date.' }, options);
    });
}

const SETTINGS_HELP = `
The settings most often needed:
  PORT, HOST         where it listens (3000 on 127.0.0.1)
  PURSER_DATA_DIR    folder of the embedded PostgreSQL (./data)
  DATABASE_URL       a PostgreSQL server to use instead
docs/operating.md has all of them.`;
