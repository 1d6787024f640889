import { spawn } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import { EmbeddedError } from './embedded-error.ts';

/** How to start a program as somebody whom PostgreSQL accepts: it refuses to run as root. */
export interface OrdinaryUser {
  /** Words before the program's own, `unshare ...` or none. */
  readonly prefix: readonly string[];
  /** The user to change to, where that is the way. */
  readonly ids?: { readonly uid: number; readonly gid: number };
}

const UNSHARE = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
const NOBODY = 65_534;

/**
 * Decides as whom PostgreSQL runs. As root there are two ways: a user namespace, in which root is an ordinary
 * user while files stay root's outside, so a folder that nobody else may enter works; or, where namespaces are
 * not allowed, an unprivileged user, who must then own the data and be able to reach it.
 *
 * @param dataDir exists; changes its owner where the second way is taken.
 * @param clusterDir PostgreSQL's own folder, which may not exist yet: its owner decides when it does.
 * @throws EmbeddedError when neither way works.
 */
export async function chooseOrdinaryUser(
  dataDir: string,
  clusterDir: string,
  initdb: string,
  namespacesAllowed: () => Promise<boolean> = tryNamespace,
): Promise<OrdinaryUser> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const owner = await stat(clusterDir).catch(() => undefined);
  const ownedByOther = owner !== undefined && owner.uid !== 0;
  if (!ownedByOther && (await namespacesAllowed())) return { prefix: UNSHARE };
  const folder = await stat(dataDir);
  const ids = ownedByOther
    ? { uid: owner.uid, gid: owner.gid }
    : folder.uid !== 0
      ? { uid: folder.uid, gid: folder.gid }
      : { uid: NOBODY, gid: NOBODY };
  if (owner?.uid === 0) {
    throw new EmbeddedError(
      `The data in ${clusterDir} belongs to root, and PostgreSQL can only use it in a user namespace, which is not allowed here. Allow user namespaces, or run Purser as an ordinary user who owns ${dataDir}.`,
    );
  }
  if (folder.uid !== ids.uid) await chown(dataDir, ids.uid, ids.gid);
  const reachable =
    (await succeeds([initdb, '--version'], ids)) && (await succeeds(['test', '-w', dataDir], ids));
  if (!reachable) {
    await chown(dataDir, folder.uid, folder.gid);
    throw new EmbeddedError(
      `PostgreSQL does not run as root, user namespaces are not allowed here, and user ${ids.uid} can't reach ${dataDir} or ${initdb}. Run Purser as an ordinary user, allow user namespaces, or set DATABASE_URL to a PostgreSQL server of your own.`,
    );
  }
  return { prefix: [], ids };
}

/** @returns whether a user namespace can be made here. */
export async function tryNamespace(): Promise<boolean> {
  return succeeds([...UNSHARE, 'true']);
}

async function succeeds(
  words: readonly string[],
  ids?: { readonly uid: number; readonly gid: number },
): Promise<boolean> {
  const [program = '', ...rest] = words;
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: 'ignore', cwd: '/', ...ids });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
