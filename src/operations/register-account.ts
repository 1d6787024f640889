import { hashSecret, randomAlphanumerics } from '../ids.ts';
import type { Mails } from '../mail/mails.ts';
import { normalisePassword, passwordFault } from '../passwords/normalise-password.ts';
import { type Fault, validationFailed } from '../refusals.ts';
import { isTurn, takeTurn } from '../store/attempts.ts';
import { findCustomerByCuRefNo } from '../store/customers.ts';
import { inTransaction, type Transaction } from '../store/database.ts';
import { type LoginState, lockLoginState, readLoginState } from '../store/passwords.ts';
import { insertRegistration } from '../store/registrations.ts';
import { type CodedFailure, failed, REGISTER_FAILURES } from './coded-answer.ts';
import { collectFaults, faultsIn } from './collect-faults.ts';
import { findOrInsertCustomer } from './create-customer.ts';
import { normaliseProfile, type Profile, type ProfileRequest } from './customer-profile.ts';
import { EMAIL_FAULT, normaliseEmail } from './email-address.ts';
import { inEvenTime } from './even-time.ts';
import { checkReturnUrl } from './return-url.ts';
import type { Caller, Services } from './services.ts';
import { registrationSubject, takeRegistrationFrom } from './slow-guessing.ts';

/** Who wants to become a customer with a password. */
export interface RegisterRequest extends ProfileRequest {
  readonly email: string;
  /** 8 characters to 1,024 bytes. */
  readonly password: string;
  /** Normalised; registrations from one address are slowed. */
  readonly customerRealIp?: string | undefined;
  /** The cuRefNo of the customer of the same ledger who brought this one; an unknown one is ignored. */
  readonly referralId?: string | undefined;
  /** Where the person goes on after the link; of an origin that the organisation has listed. */
  readonly returnUrl?: string | undefined;
}

/** Published. */
export type RegisterAnswer = { readonly success: true } | CodedFailure<keyof typeof REGISTER_FAILURES>;

/** What registering works with. */
export type RegisterServices = Pick<Services, 'database' | 'passwords' | 'loginTurns' | 'hideAccounts'> & {
  readonly mails: Pick<Mails, 'add' | 'wake'>;
};

/** The same in the form in which it is stored. */
interface CheckedRegistration {
  readonly ledgerId: number;
  readonly email: string;
  readonly password: string;
  readonly profile: Profile;
  readonly referralId: string | undefined;
  readonly returnUrl: string | undefined;
}

const MAIL_EVERY_MS = 10 * 60 * 1000;

/**
 * Keeps a registration, and sends the mail whose link makes it count: until then nothing of the customer changes. With
 * PURSER_HIDE_ACCOUNTS an address that has an account is answered like one that has none, in the same time; its owner is told by
 * mail.
 *
 * @throws Refusal INTERNAL_VALIDATION_FAILED with all faults. INTERNAL_OVERLOADED: too many passwords wait to be
 *   hashed.
 */
export async function registerAccount(
  services: RegisterServices,
  { ledgerId }: Pick<Caller, 'ledgerId'>,
  request: RegisterRequest,
): Promise<RegisterAnswer> {
  const checked = await check(services, ledgerId, request);
  const { hideAccounts, database, loginTurns } = services;
  const work = async (): Promise<RegisterAnswer> => {
    const no = await loginTurns.run(() => refuseEarly(services, checked, request.customerRealIp));
    if (no) return no;
    const passwordHash = await services.passwords.hash(checked.password);
    const answer = await inTransaction(database, (tx) => keep(services, tx, checked, passwordHash));
    if (answer.success) services.mails.wake();
    return answer;
  };
  return hideAccounts ? inEvenTime(work) : work();
}

/** What can be refused before the work of hashing. */
async function refuseEarly(
  { database: { pool }, hideAccounts }: RegisterServices,
  { ledgerId, email }: CheckedRegistration,
  customerRealIp: string | undefined,
): Promise<CodedFailure<'E002' | 'E003' | 'E004'> | undefined> {
  const no = hideAccounts ? undefined : whyNot(await readLoginState(pool, ledgerId, email));
  if (no) return no;
  // Only looked at here, and taken with the mail, so that a failure of ours costs nobody ten minutes.
  const mayGoOn =
    (await isTurn(pool, registrationSubject(ledgerId, email), MAIL_EVERY_MS)) &&
    (await takeRegistrationFrom(pool, ledgerId, customerRealIp));
  return mayGoOn ? undefined : failed(REGISTER_FAILURES, 'E004');
}

async function keep(
  { hideAccounts, mails }: RegisterServices,
  tx: Transaction,
  { ledgerId, email, profile, referralId, returnUrl }: CheckedRegistration,
  passwordHash: string,
): Promise<RegisterAnswer> {
  const { accountId } = await findOrInsertCustomer(tx, ledgerId, {
    email,
    profile: {},
    referralId: undefined,
  });
  const state = await lockLoginState(tx, accountId);
  if (!state || state.isErased) return failed(REGISTER_FAILURES, 'E001');
  const no = whyNot(state);
  if (no && !hideAccounts) return no;
  if (!(await takeTurn(tx, registrationSubject(ledgerId, email), MAIL_EVERY_MS)))
    return failed(REGISTER_FAILURES, 'E004');
  const mail = { ledgerId, accountId, recipient: email };
  if (no) {
    if (!state.banned) await mails.add(tx, { ...mail, message: { kind: 'already-registered' } });
    return { success: true };
  }
  const token = randomAlphanumerics(32);
  const referral =
    referralId === undefined ? undefined : await findCustomerByCuRefNo(tx, ledgerId, referralId);
  await insertRegistration(tx, {
    tokenHash: hashSecret(token),
    accountId,
    passwordHash,
    profile,
    referralAccountId: referral?.accountId,
    returnUrl,
  });
  await mails.add(tx, { ...mail, message: { kind: 'confirm-registration', token, returnUrl } });
  return { success: true };
}

function whyNot(state: LoginState | undefined): CodedFailure<'E002' | 'E003'> | undefined {
  if (state?.banned) return failed(REGISTER_FAILURES, 'E003');
  if (state && state.presentHash !== null) return failed(REGISTER_FAILURES, 'E002');
  return undefined;
}

async function check(
  services: RegisterServices,
  ledgerId: number,
  request: RegisterRequest,
): Promise<CheckedRegistration> {
  const { email: given, password, customerRealIp: _, referralId, returnUrl, ...members } = request;
  const faults: Fault[] = [];
  const email = normaliseEmail(given);
  if (email === undefined) faults.push(EMAIL_FAULT);
  const fault = passwordFault(password);
  if (fault) faults.push(fault);
  const profile = await collectFaults(faults, () => normaliseProfile(members));
  const url =
    returnUrl &&
    (await collectFaults(faults, () => checkReturnUrl(services, ledgerId, returnUrl, '/returnUrl')));
  if (email === undefined || profile === undefined || faults.length > 0) throw validationFailed(faults);
  return {
    ledgerId,
    email,
    password: normalisePassword(password),
    profile,
    referralId,
    returnUrl: url || undefined,
  };
}

/**
 * Finds what is wrong with what a person has chosen, as far as it is there: for a request that is refused for its shape.
 */
export function registrationFaults({ password, ...members }: Partial<RegisterRequest>): Fault[] {
  const fault = password === undefined ? undefined : passwordFault(password);
  const faults = fault ? [fault] : [];
  try {
    normaliseProfile(members);
  } catch (error) {
    faults.push(...faultsIn(error));
  }
  return faults;
}
