import type { Logger } from 'pino';
import { type ApiKeyKind, hashSecret, hashSecretAsText } from '../ids.ts';
import { findKeyByHash, listKeysSince, readRevision, type StoredApiKey } from '../store/api-keys.ts';
import type { Database } from '../store/database.ts';
import { type LedgerKind, listLedgers } from '../store/organisations.ts';
import { startApiKeyUsage } from './api-key-usage.ts';

/** What every request needs to know about its key. Deleted and expired keys have their own refusals. */
export interface ApiKeyRecord {
  readonly apiKeyId: number;
  readonly kind: ApiKeyKind;
  /** Undefined for ROOT keys, as are the slug and the ledger. */
  readonly organisationId: number | undefined;
  readonly organisationSlug: string | undefined;
  /** PROD: the live ledger, DEV: the sandbox. */
  readonly ledgerId: number | undefined;
  readonly scopes: ReadonlySet<string>;
  /** Instead of the setting for the kind. */
  readonly requestsPerMinute: number | undefined;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  readonly deleted: boolean;
  /** Its organisation is suspended. */
  readonly suspended: boolean;
}

/** All API keys in memory, at most a second behind the database. */
export interface ApiKeyDirectory {
  /** @returns the record of a key that this process knows, whatever the key's state. */
  known(key: string): ApiKeyRecord | undefined;
  /** Asks the database for a key that is not known; at once only one question for each key. */
  lookUp(key: string): Promise<ApiKeyRecord | undefined>;
  /** @returns the ledger that a ROOT key names; one made within the last second may still be missing. */
  ledger(organisationSlug: string, kind: LedgerKind): number | undefined;
  /** Counts a request of this key towards the day's usage. */
  noteUse(apiKeyId: number): void;
  stop(): Promise<void>;
}

const POLL_EVERY_MS = 500;

/**
 * Loads all keys and ledgers, then polls for changes. While the database is away what is known stays in use:
 * whatever matters asks the database anyway, and a key revoked meanwhile is known to be so once it is back.
 */
export async function startApiKeyDirectory(
  database: Pick<Database, 'pool'>,
  log: Logger,
): Promise<ApiKeyDirectory> {
  const keys = new Map<string, ApiKeyRecord>();
  const ledgers = new Map<string, number>();
  const lookUps = new Map<string, Promise<ApiKeyRecord | undefined>>();
  const usage = startApiKeyUsage(database, log);
  let revision = -1n;

  const remember = (stored: StoredApiKey): ApiKeyRecord => {
    const record = toRecord(stored);
    keys.set(stored.keyHash.toString('base64'), record);
    return record;
  };

  const refresh = async () => {
    // The revision is read before the keys: what changes in between is read again by the next poll.
    const latest = await readRevision(database.pool);
    if (latest === revision) return;
    const [changed, allLedgers] = [
      await listKeysSince(database.pool, revision),
      await listLedgers(database.pool),
    ];
    for (const stored of changed) remember(stored);
    for (const { organisationSlug, kind, ledgerId } of allLedgers) {
      ledgers.set(`${organisationSlug}/${kind}`, ledgerId);
    }
    revision = latest;
  };

  const ask = async (name: string, hash: Buffer) => {
    try {
      const stored = await findKeyByHash(database.pool, hash);
      // A poll that finished meanwhile may have read a newer state than this answer.
      return keys.get(name) ?? (stored && remember(stored));
    } finally {
      lookUps.delete(name);
    }
  };

  await refresh();
  const polling = pollForChanges(refresh, log);

  return {
    known: (key) => keys.get(hashSecretAsText(key)),
    lookUp(key) {
      const name = hashSecretAsText(key);
      const lookUp = lookUps.get(name) ?? ask(name, hashSecret(key));
      lookUps.set(name, lookUp);
      return lookUp;
    },
    ledger: (organisationSlug, kind) => ledgers.get(`${organisationSlug}/${kind}`),
    noteUse: (apiKeyId) => usage.note(apiKeyId),
    async stop() {
      await polling.stop();
      await usage.stop();
    },
  };
}

/** Runs `refresh` again and again, half a second after it last ended; a failure is told once until it works. */
function pollForChanges(refresh: () => Promise<void>, log: Logger): { stop(): Promise<void> } {
  let stopped = false;
  let failing = false;
  let timer: NodeJS.Timeout | undefined;
  let polling = Promise.resolve();

  const poll = async () => {
    try {
      await refresh();
      if (failing) log.info('changes of API keys are read again');
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'changes of API keys cannot be read; known keys stay in use');
      failing = true;
    }
    schedule();
  };
  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      polling = poll();
    }, POLL_EVERY_MS).unref();
  };
  schedule();

  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      return polling;
    },
  };
}

function toRecord(stored: StoredApiKey): ApiKeyRecord {
  return {
    apiKeyId: stored.apiKeyId,
    kind: stored.kind,
    organisationId: stored.organisationId ?? undefined,
    organisationSlug: stored.organisationSlug ?? undefined,
    ledgerId: stored.kind === 'ROOT' ? undefined : (stored.ledgerId ?? undefined),
    scopes: new Set(stored.scopes),
    requestsPerMinute: stored.requestsPerMinute ?? undefined,
    expiresAt: stored.expiresAt.getTime(),
    deleted: stored.deletedAt !== null,
    suspended: stored.suspendedAt !== null,
  };
}
