import type { Logger } from 'pino';
import type { IdCipher } from '../ids.ts';
import type { IpLookup } from '../ip/look-up.ts';
import type { SeenAddresses } from '../ip/seen-addresses.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Mails } from '../mail/mails.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { PublicAddress } from '../public-address.ts';
import type { AccountLedgers } from '../store/account-ledgers.ts';
import type { Database } from '../store/database.ts';
import type { SessionNames } from '../store/session-names.ts';
import type { Turns } from '../turns.ts';
import type { Writer } from '../writer/writer.ts';

/** What every operation works with: made once by server.ts, cli.ts or a test, passed as the first argument. */
export interface Services {
  readonly database: Database;
  readonly writer: Writer;
  readonly sessionNames: SessionNames;
  readonly accountLedgers: AccountLedgers;
  readonly ids: IdCipher;
  readonly log: Logger;
  readonly ipLookup: IpLookup;
  /** Addresses of what was committed, which wait for their context. */
  readonly seenAddresses: SeenAddresses;
  /** Work for later. */
  readonly jobs: Jobs;
  readonly mails: Mails;
  /** What links for people begin with. */
  readonly publicAddress: PublicAddress;
  readonly passwords: Passwords;
  /** Whoever logs in, registers or forgot a password asks the database in turn: many at once must not slow spends. */
  readonly loginTurns: Turns;
  /** Whether answers keep to themselves which e-mail addresses have an account, as PURSER_HIDE_ACCOUNTS says. */
  readonly hideAccounts: boolean;
  /** Whether notification addresses may lead into a private network, as PURSER_PRIVATE_WEBHOOKS says. */
  readonly privateWebhooks: boolean;
  /** For tests: what the ledgers' clocks are ahead of the database's, in milliseconds. */
  readonly clockOffsetMs?: () => number;
}

/** Who asks, and which ledger that means. */
export interface Caller {
  readonly ledgerId: number;
  /** Kept with each entry: 'key:<api_key_id>' or 'cli'. */
  readonly author: string;
}

/** The request that an operation serves. */
export interface RequestContext {
  readonly requestId: string;
  /** The Idempotency-Key header, unquoted: 1-255 visible characters. */
  readonly idempotencyKey?: string | undefined;
}

export type { DecidedAnswer } from '../writer/job.ts';
