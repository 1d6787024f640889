import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { openServices } from '../open-services.ts';
import type { Services } from '../operations/services.ts';
import { listenForStopSignal } from '../stop-signal.ts';
import { type Answer, InterruptedError, type JsonOption, NotThereError, printAnswer } from './answer.ts';

/** The configuration and log of a command: quiet unless LOG_LEVEL is set, and never on the standard output. */
export function commandSettings() {
  const config = readConfig({ ...process.env, LOG_LEVEL: process.env.LOG_LEVEL || 'silent' });
  return { config, log: createLog(config.logLevel, 'stderr') };
}

/** Elsewhere a command would make an empty database and find nothing in it, where the folder's name was misspelt. */
function requireData({ databaseUrl, dataDir }: Config): void {
  if (databaseUrl || existsSync(path.join(dataDir, 'postgres'))) return;
  throw new NotThereError(
    `There is no data in ${dataDir} yet. Start the server first, or name the right folder with PURSER_DATA_DIR.`,
  );
}

/**
 * Opens the same database as the server, whether or not one runs, does the work and puts all away again. The answer
 * is printed first: a secret in it must be seen even if something cannot be put away. Ctrl-C puts all away too, for
 * an embedded PostgreSQL must not stay behind; a second one, later than a moment, ends at once.
 *
 * @param more.mayBeFirst whether it may be the first command in a new folder.
 * @throws NotThereError where it may not, and the embedded PostgreSQL has no data yet.
 */
export async function answerWithServices(
  options: JsonOption,
  work: (services: Services) => Promise<Answer>,
  { mayBeFirst = false }: { readonly mayBeFirst?: boolean } = {},
): Promise<void> {
  const { config, log } = commandSettings();
  if (!mayBeFirst) requireData(config);
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => undefined);
  let interruption: InterruptedError | undefined;
  const stopListening = listenForStopSignal({
    stop(signal) {
      interruption = new InterruptedError(signal);
      interrupted.reject(interruption);
    },
    force: () => process.exit(1),
  });
  try {
    // A PostgreSQL that is just being started is waited for, so that it can be stopped.
    const { services, stop } = await openServices(config, log, { as: 'use' });
    try {
      if (interruption) throw interruption;
      printAnswer(await Promise.race([work(services), interrupted.promise]), options);
    } finally {
      await stop();
    }
  } finally {
    stopListening();
  }
}
