import { hashSecretAsText } from '../ids.ts';
import { networkOf } from '../ip/network.ts';
import {
  type AttemptRule,
  clearAttempts,
  clearAttemptsBelow,
  giveAttemptBack,
  isTurn,
  noteInstant,
  takeAttempt,
} from '../store/attempts.ts';
import type { Queryable } from '../store/database.ts';
import type { Services } from './services.ts';

/** Attempts for one account; the sixth waits 2 seconds, each further one twice as long, 15 minutes at most. */
const FOR_ACCOUNT: AttemptRule = { free: 5, forgetEachMs: 60 * 60 * 1000 };
/** Attempts from one address, over all accounts. Many people may share one, so more are free, and soon forgotten. */
const FROM_ADDRESS: AttemptRule = { free: 20, forgetEachMs: 60 * 1000 };
/** How long an address stays known from which a new password was set. */
const KNOWN_AFTER_RESET_MS = 24 * 60 * 60 * 1000;

/** What one line has: whoever has a single IPv6 address can write from 2^64 of them. */
const ONE_LINE = { ipv4: 32, ipv6: 64 };
/** What old addresses are shortened to: once they are, this whole network is known, and must not count for itself each. */
const KNOWN_NETWORK = { ipv4: 24, ipv6: 48 };

/** Published: what clients send who do not know the address becomes this. It tells nothing about who asks. */
const NO_ADDRESS = '127.0.0.1';

/** @returns what `isKnownAddress` is to be asked about: the line of an address. */
export function lineOf(customerRealIp: string): string {
  return networkOf(customerRealIp, ONE_LINE);
}

/** Whose password is guessed at, and from where. */
export interface GuessOrigin {
  readonly ledgerId: number;
  /** Normalised. Also one without an account is counted: a wait must not tell which is which. */
  readonly email: string;
  readonly customerRealIp: string | undefined;
  /** Whether this account was logged in to from this address before. */
  readonly isKnownAddress: boolean;
}

/** An attempt that may go on. It counts as a failure until it is told otherwise. */
export interface Guess {
  /** It was right: what was counted for the account is forgotten, what for the address is not, for other accounts' sake. */
  succeeded(queryable: Queryable): Promise<void>;
  /** It was neither right nor wrong. */
  undo(): Promise<void>;
}

/**
 * Counts a guess at a password. An address from which this account was logged in to before counts for itself, so that
 * what strangers guess never keeps its owner out; all others share one count an account, and one each. IPv6 addresses
 * count by their network.
 *
 * @returns undefined where it comes too early.
 */
export async function takeGuess(
  { database, log }: Pick<Services, 'database' | 'log'>,
  { ledgerId, email, customerRealIp: given, isKnownAddress }: GuessOrigin,
): Promise<Guess | undefined> {
  const { pool } = database;
  const customerRealIp = given === NO_ADDRESS ? undefined : given;
  const known =
    customerRealIp !== undefined &&
    (isKnownAddress ||
      !(await isTurn(pool, knownSubject(ledgerId, email, customerRealIp), KNOWN_AFTER_RESET_MS)));
  const account = known
    ? knownAccountSubject(ledgerId, email, customerRealIp)
    : accountSubject(ledgerId, email);
  const address =
    known || customerRealIp === undefined
      ? undefined
      : subjectOf('login-from', ledgerId, lineOf(customerRealIp));
  if (address !== undefined && !(await takeAttempt(pool, address, FROM_ADDRESS))) return undefined;
  if (!(await takeAttempt(pool, account, FOR_ACCOUNT))) {
    if (address !== undefined) await giveAttemptBack(pool, address);
    return undefined;
  }
  return {
    async succeeded(queryable) {
      await clearAttempts(queryable, account);
      if (address !== undefined) await giveAttemptBack(queryable, address);
    },
    async undo() {
      try {
        for (const subject of [account, address]) {
          if (subject !== undefined) await giveAttemptBack(pool, subject);
        }
      } catch (error) {
        log.warn({ err: error }, 'an attempt to log in stays counted although it was none');
      }
    },
  };
}

/**
 * Lets the owner in again, who has just shown to read the account's mail: all that was guessed for the account is
 * forgotten, also at addresses that are known, and the address counts as known.
 */
export async function welcomeOwner(
  queryable: Queryable,
  { ledgerId, email, customerRealIp }: Omit<GuessOrigin, 'isKnownAddress'>,
): Promise<void> {
  const subject = accountSubject(ledgerId, email);
  await clearAttempts(queryable, subject);
  await clearAttemptsBelow(queryable, subject);
  if (customerRealIp !== undefined) {
    await noteInstant(queryable, knownSubject(ledgerId, email, customerRealIp));
  }
}

/** Counts a registration. @returns whether it may go on: nobody registers many addresses at once from one place. */
export async function takeRegistrationFrom(
  queryable: Queryable,
  ledgerId: number,
  customerRealIp: string | undefined,
): Promise<boolean> {
  if (customerRealIp === undefined || customerRealIp === NO_ADDRESS) return true;
  return takeAttempt(queryable, subjectOf('register-from', ledgerId, lineOf(customerRealIp)), FROM_ADDRESS);
}

/** @returns what the mails to an address that registers are counted for. */
export function registrationSubject(ledgerId: number, email: string): string {
  return subjectOf('register', ledgerId, email);
}

function accountSubject(ledgerId: number, email: string): string {
  return subjectOf('login', ledgerId, email);
}

/** Begins with the account's own, so that a new password finds all of them. */
function knownAccountSubject(ledgerId: number, email: string, ip: string): string {
  const network = subjectOf('', ledgerId, email, networkOf(ip, KNOWN_NETWORK));
  return `${accountSubject(ledgerId, email)}${network}`;
}

function knownSubject(ledgerId: number, email: string, ip: string): string {
  return subjectOf('known', ledgerId, email, lineOf(ip));
}

/** Addresses, of either kind, are kept as hashes only: what is counted need not be read. */
function subjectOf(sort: string, ...names: readonly (string | number)[]): string {
  return `${sort}:${hashSecretAsText(names.join(' '))}`;
}
