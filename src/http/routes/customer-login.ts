import { Type } from 'typebox';
import { LOGIN_FAILURES, NEW_PASSWORD_FAILURES, REGISTER_FAILURES } from '../../operations/coded-answer.ts';
import { logIn } from '../../operations/log-in.ts';
import { registerAccount, registrationFaults } from '../../operations/register-account.ts';
import { requestPasswordReset } from '../../operations/reset-password.ts';
import type { Services } from '../../operations/services.ts';
import { setNewPassword } from '../../operations/set-new-password.ts';
import { verifyRegistration } from '../../operations/verify-registration.ts';
import { callerOf } from '../authenticate.ts';
import { normaliseCustomerIp } from '../customer-ip.ts';
import { ProfileMembers } from '../customer-schemas.ts';
import type { App } from '../route.ts';
import { CuRefNo, CustomerRealIp, Email, LoggedIn, Success, text } from '../schemas.ts';

const TAGS = ['Session'];

/** Characters; the operation counts bytes. */
const MOST_PASSWORD = 1_024;

const NewPassword = Type.String({
  format: 'text',
  minLength: 8,
  maxLength: MOST_PASSWORD,
  description: '8 characters to 1,024 bytes of any kind, but none of the passwords that are tried first.',
  examples: ['correct horse battery staple'],
});

const Token = Type.String({
  pattern: '^[A-Za-z0-9]{32}$',
  description: 'Token from the link in the mail; it works once.',
  examples: ['t8Kq2VfYb0ZpLr5XcN1mDw7JhG4sEa9U'],
});

/** A failure that is answered with 200. */
function failureOf(texts: Readonly<Record<string, string>>) {
  return Type.Object({
    success: Type.Literal(false),
    errorCode: Type.String({ enum: Object.keys(texts), examples: [Object.keys(texts)[0]] }),
    message: Type.String({ enum: Object.values(texts), examples: [Object.values(texts)[0]] }),
  });
}

function tellCodes(texts: Readonly<Record<string, string>>): string {
  const codes = Object.entries(texts).map(([code, words]) => `\`${code}\` ${words}`);
  return `Failures are answered with 200 and a code: ${codes.join(' ')}`;
}

function ipOf({ customerRealIp }: { customerRealIp?: string | undefined }): string | undefined {
  return customerRealIp === undefined ? undefined : normaliseCustomerIp(customerRealIp);
}

/** Customers register, log in with a password and set a new one here. */
export function addCustomerLogin(app: App, services: Services): void {
  addRegistration(app, services);
  addLogin(app, services);
  addNewPassword(app, services);
}

function addRegistration(app: App, services: Services): void {
  app.post(
    '/api/v1/customer/register-account',
    {
      config: {
        policy: { access: 'key', scope: 'register-account', ledger: true },
        moreFaults: registrationFaults,
      },
      schema: {
        tags: TAGS,
        summary: 'Register an account with a password',
        description: `Sends a mail with a link that confirms the address. Password and profile count once the link was used, and nothing of an existing customer changes before. A new mail to the same address is sent after ten minutes at the earliest. ${tellCodes(REGISTER_FAILURES)}`,
        body: Type.Object({
          email: Email,
          password: NewPassword,
          ...ProfileMembers,
          customerRealIp: Type.Optional(CustomerRealIp),
          referralId: Type.Optional(CuRefNo),
          returnUrl: Type.Optional(
            text(
              2_000,
              'Where the customer goes on after the link. Its origin must be one that the organisation has listed.',
              'https://shop.example.com/welcome',
            ),
          ),
        }),
        response: { 200: Type.Union([Success, failureOf(REGISTER_FAILURES)]) },
      },
    },
    (request) =>
      registerAccount(services, callerOf(request), {
        ...request.body,
        customerRealIp: ipOf(request.body),
      }),
  );

  app.post(
    '/api/v1/customer/register-account-verify',
    {
      config: {
        policy: { access: 'key', scope: 'register-account-verify', ledger: true },
        refusals: ['PUBLIC_CUSTOMER_IS_BANNED'],
      },
      schema: {
        tags: TAGS,
        summary: 'Confirm a registration',
        description:
          'Takes the token from the link in the mail of register-account, once and within 7 days. For shops that send their customers to a page of their own.',
        body: Type.Object({ token: Token }),
        response: {
          200: Type.Object({
            success: Type.Literal(true),
            email: Type.String({ examples: ['customer@example.com'] }),
            returnUrl: Type.Optional(Type.String({ examples: ['https://shop.example.com/welcome'] })),
          }),
        },
      },
    },
    (request) => verifyRegistration(services, callerOf(request), request.body),
  );
}

function addLogin(app: App, services: Services): void {
  app.post(
    '/api/v1/customer/login',
    {
      config: { policy: { access: 'key', scope: 'login', ledger: true } },
      schema: {
        tags: TAGS,
        summary: 'Log a customer in with a password',
        description: `After five failures each further attempt has to wait longer, up to 15 minutes. Send customerRealIp: an address from which the customer has logged in before is not held up by what others guess. ${tellCodes(LOGIN_FAILURES)}`,
        body: Type.Object({
          email: Email,
          password: text(MOST_PASSWORD, 'Password of the customer.', 'correct horse battery staple'),
          customerRealIp: Type.Optional(CustomerRealIp),
        }),
        response: { 200: Type.Union([LoggedIn, failureOf(LOGIN_FAILURES)]) },
      },
    },
    (request) => logIn(services, callerOf(request), { ...request.body, customerRealIp: ipOf(request.body) }),
  );
}

function addNewPassword(app: App, services: Services): void {
  app.post(
    '/api/v1/customer/reset-password',
    {
      config: { policy: { access: 'key', scope: 'reset-password', ledger: true } },
      schema: {
        tags: TAGS,
        summary: 'Send a link for a new password',
        description:
          'The answer is the same whether or not the address is known. A customer gets at most one such mail a minute.',
        body: Type.Object({
          email: Email,
          expirationTime: Type.Optional(
            text(50, 'How long the link works, from 1 minute to 7 days; 3h unless given.', '3h 20m'),
          ),
          customerRealIp: Type.Optional(CustomerRealIp),
        }),
        response: { 200: Success },
      },
    },
    (request) => requestPasswordReset(services, callerOf(request), request.body),
  );

  app.post(
    '/api/v1/customer/set-new-password',
    {
      config: {
        policy: { access: 'key', scope: 'set-new-password', ledger: true },
        // Of the members that a registration has too, this has the password alone.
        moreFaults: registrationFaults,
      },
      schema: {
        tags: TAGS,
        summary: 'Set a new password',
        description: `Takes the token from the link in the mail of reset-password. All sessions of the customer end. ${tellCodes(NEW_PASSWORD_FAILURES)}`,
        body: Type.Object({
          token: Token,
          password: NewPassword,
          customerRealIp: Type.Optional(CustomerRealIp),
        }),
        response: { 200: Type.Union([Success, failureOf(NEW_PASSWORD_FAILURES)]) },
      },
    },
    (request) =>
      setNewPassword(services, callerOf(request), {
        ...request.body,
        customerRealIp: ipOf(request.body),
      }),
  );
}
