import { readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { openServices } from '../open-services.ts';
import type { Services } from '../operations/services.ts';
import { type Answer, type JsonOption, printAnswer } from './answer.ts';

/** The configuration and log of a command: quiet unless LOG_LEVEL is set, and never on the standard output. */
export function commandSettings() {
  const config = readConfig({ ...process.env, LOG_LEVEL: process.env.LOG_LEVEL || 'silent' });
  return { config, log: createLog(config.logLevel, 'stderr') };
}

/**
 * Opens the same database as the server, whether or not one runs, does the work, and puts all away again before
 * the answer is printed. Ctrl-C puts it away too: an embedded PostgreSQL must not stay behind.
 */
export async function answerWithServices(
  options: JsonOption,
  work: (services: Services) => Promise<Answer>,
): Promise<void> {
  const { config, log } = commandSettings();
  const { services, stop } = await openServices(config, log, { as: 'use' });
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (signal: NodeJS.Signals) => interrupted.reject(new Error(`ended by ${signal}`));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    printAnswer(await Promise.race([work(services), interrupted.promise]), options);
  } finally {
    await stop();
    process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt);
  }
}
