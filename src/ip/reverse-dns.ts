import { Resolver } from 'node:dns/promises';

/** Names of addresses, as the owners of the addresses give them out. */
export interface ReverseDns {
  /** @returns null where there is none, it is no host name, or nobody answers in time; never throws. */
  nameOf(ip: string): Promise<string | null>;
  /** For tests and metrics: look-ups that were sent since the start. */
  readonly sent: number;
}

export interface ReverseDnsOptions {
  /** Address of the resolver with or without a port; the system's where it is undefined. */
  readonly server: string | undefined;
  readonly timeoutMs: number;
  /** Look-ups under way at once; who comes when all are taken waits. */
  readonly atOnce: number;
}

const LARGEST_CACHE = 20_000;
const KEEP_NAMES_MS = 24 * 60 * 60 * 1000;
const KEEP_FAILURES_MS = 10 * 60 * 1000;
/** So many look-ups without an answer in a row, and nobody is asked for a while. */
const SILENT_AFTER = 8;
const SILENT_PAUSE_MS = 30_000;
/** Who waits this long for a turn goes without a name, and it is not noted as a failure. */
const LONGEST_WAIT_TURNS = 2;

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?';
const HOST_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`);

/** Whoever owns an address may give it any name; only what looks like a host name goes on from here. */
export function cleanHostName(answer: string): string | null {
  const name = answer.toLowerCase().replace(/\.$/, '');
  return HOST_NAME.test(name) ? name : null;
}

interface Kept {
  readonly name: string | null;
  readonly until: number;
}

/** Opens a resolver that never keeps anybody waiting for longer than its time-out, and twice that for a turn. */
export function openReverseDns({ server, timeoutMs, atOnce }: ReverseDnsOptions): ReverseDns {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  if (server !== undefined) resolver.setServers([server]);
  const cache = new Map<string, Kept>();
  const asking = new Map<string, Promise<string | null>>();
  const waiting: (() => void)[] = [];
  let underWay = 0;
  let sent = 0;
  let silentInARow = 0;
  let pausedUntil = 0;

  const keep = (ip: string, name: string | null) => {
    const until = performance.now() + (name === null ? KEEP_FAILURES_MS : KEEP_NAMES_MS);
    cache.delete(ip);
    cache.set(ip, { name, until });
    // The oldest goes: a map keeps its order.
    for (const oldest of cache.keys()) {
      if (cache.size <= LARGEST_CACHE) break;
      cache.delete(oldest);
    }
    return name;
  };

  /** @returns whether it is our turn. */
  const waitForTurn = async (): Promise<boolean> => {
    if (underWay < atOnce) {
      underWay += 1;
      return true;
    }
    return new Promise((resolve) => {
      const takeTurn = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(takeTurn), 1);
        resolve(false);
      }, timeoutMs * LONGEST_WAIT_TURNS);
      waiting.push(takeTurn);
    });
  };
  const endTurn = () => {
    const next = waiting.shift();
    if (next) next();
    else underWay -= 1;
  };

  const ask = async (ip: string): Promise<string | null> => {
    if (!(await waitForTurn())) return null;
    try {
      if (performance.now() < pausedUntil) return null;
      sent += 1;
      const answers = await withTimeout(resolver.reverse(ip), timeoutMs);
      silentInARow = 0;
      return keep(ip, answers.map(cleanHostName).find((name) => name !== null) ?? null);
    } catch (error) {
      if (isSilence(error)) {
        silentInARow += 1;
        if (silentInARow >= SILENT_AFTER) pausedUntil = performance.now() + SILENT_PAUSE_MS;
      } else silentInARow = 0;
      return keep(ip, null);
    } finally {
      endTurn();
    }
  };

  return {
    async nameOf(ip) {
      const kept = cache.get(ip);
      if (kept && kept.until > performance.now()) return kept.name;
      if (performance.now() < pausedUntil) return null;
      const known = asking.get(ip);
      if (known) return known;
      const answer = ask(ip).finally(() => asking.delete(ip));
      asking.set(ip, answer);
      return answer;
    },
    get sent() {
      return sent;
    },
  };
}

const NO_ANSWER: ReadonlySet<string> = new Set(['ETIMEOUT', 'ECONNREFUSED']);

/** Whether the resolver did not answer, rather than that there is no name. */
function isSilence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NO_ANSWER.has(String(error.code));
}

/** The resolver's own time-out grows with its tries and servers; ours does not. */
async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer'), { code: 'ETIMEOUT' })), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
