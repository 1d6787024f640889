import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type Html, html } from '../../html.ts';
import type { Services } from '../../operations/services.ts';
import { findResetFailure, setNewPassword } from '../../operations/set-new-password.ts';
import { requireRegistration, verifyRegistration } from '../../operations/verify-registration.ts';
import { type Fault, REFUSALS, Refusal, type RefusalCode } from '../../refusals.ts';
import { createErrorHandler } from '../answer-error.ts';
import { type CustomerPage, sendCustomerPage } from '../customer-page.ts';
import { PUBLIC } from '../policy.ts';
import type { App } from '../route.ts';

const HIDDEN = { config: { policy: PUBLIC }, schema: { hide: true } };
const FORM = 'application/x-www-form-urlencoded';
/** Two passwords of 1,024 bytes, each byte written as three characters. */
const FORM_LIMIT = 8 * 1024;
const TOKEN = /^[A-Za-z0-9]{32}$/;

type TokenRequest = FastifyRequest<{ Params: { token: string } }>;

/** Where the links in our mails lead. A GET changes nothing: mail scanners follow links too. */
export async function addCustomerPages(
  app: App,
  services: Pick<Services, 'database' | 'passwords'>,
  log: Logger,
): Promise<void> {
  // A scope of its own, so that no other route takes forms.
  await app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: FORM_LIMIT }, (_request, text, parsed) =>
      parsed(null, new URLSearchParams(String(text))),
    );
    scope.setErrorHandler(createErrorHandler(log, sendFailure));

    scope.get('/confirm/:token', HIDDEN, async (request: TokenRequest, reply) => {
      const token = tokenOf(request);
      await requireRegistration(services, token);
      return sendCustomerPage(reply, 200, confirmForm(token));
    });
    scope.post('/confirm/:token', HIDDEN, async (request: TokenRequest, reply) => {
      const { email, returnUrl } = await verifyRegistration(services, undefined, { token: tokenOf(request) });
      return sendCustomerPage(reply, 200, confirmedPage(email, returnUrl));
    });

    scope.get('/new-password/:token', HIDDEN, async (request: TokenRequest, reply) => {
      const token = tokenOf(request);
      const failure = await findResetFailure(services, token);
      return failure
        ? sendCustomerPage(reply, 404, FAILURES[failure])
        : sendCustomerPage(reply, 200, passwordForm(token));
    });
    scope.post('/new-password/:token', HIDDEN, (request: TokenRequest, reply) =>
      answerNewPassword(services, request, reply),
    );
    done();
  });
}

/** @throws Refusal for what cannot be a token; the answer is the one for a token that is not known. */
function tokenOf({ params }: TokenRequest): string {
  if (!TOKEN.test(params.token)) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
  return params.token;
}

async function answerNewPassword(
  services: Pick<Services, 'database' | 'passwords'>,
  request: TokenRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const token = tokenOf(request);
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  const password = form.get('password') ?? '';
  const again = (fault: string) => sendCustomerPage(reply, 422, passwordForm(token, fault));
  if (form.get('repeated') !== password) return again('The two passwords are not the same.');
  try {
    const answer = await setNewPassword(services, undefined, { token, password });
    if (answer.success) return sendCustomerPage(reply, 200, PASSWORD_SET);
    if (answer.errorCode === 'E002') return again('You had this password before. Please choose a new one.');
    return sendCustomerPage(reply, answer.errorCode === 'E001' ? 403 : 404, FAILURES[answer.errorCode]);
  } catch (error) {
    const fault = passwordFaultOf(error);
    if (fault === undefined) throw error;
    return again(`The password ${fault}.`);
  }
}

/** @returns what is wrong with the password, in words that follow its name; undefined where it is something else. */
function passwordFaultOf(error: unknown): string | undefined {
  if (!(error instanceof Refusal) || error.code !== 'INTERNAL_VALIDATION_FAILED') return undefined;
  const [fault] = error.details.errors as readonly Fault[];
  return fault?.message;
}

function confirmForm(token: string): CustomerPage {
  return {
    title: 'Confirm your e-mail address',
    body: html`<p class="lead">One click, and your account is ready.</p>
<form method="post" action="/confirm/${token}"><button>Confirm my address</button></form>
<p>If it was not you who registered, please close this page: whoever did could log in with a password of their own.</p>`,
  };
}

function confirmedPage(email: string, returnUrl: string | undefined): CustomerPage {
  const onward = returnUrl
    ? html`<p><a class="button" href="${returnUrl}">Go on to ${new URL(returnUrl).host}</a></p>`
    : html`<p>You can close this page and log in.</p>`;
  return {
    title: 'Thank you',
    body: html`<p class="lead">The address ${email} is confirmed.</p>\n${onward}`,
  };
}

function passwordForm(token: string, fault?: string): CustomerPage {
  const failed: readonly Html[] = fault ? [html`<p class="failed" role="alert">${fault}</p>`] : [];
  return {
    title: 'Choose a new password',
    body: html`<p class="lead">At least 8 characters. A few words that only you would put together make a good one.</p>
${failed}
<form method="post" action="/new-password/${token}">
<label>New password<input type="password" name="password" autocomplete="new-password" minlength="8" maxlength="1024" required></label>
<label>The same once more<input type="password" name="repeated" autocomplete="new-password" required></label>
<button>Save the password</button>
</form>`,
  };
}

const PASSWORD_SET: CustomerPage = {
  title: 'Your new password is saved',
  body: html`<p class="lead">You can close this page and log in with it.</p>
<p>On all devices where you were logged in, you have been logged out.</p>`,
};

const ASK_AGAIN = html`<p>Links work once, and only for a while. Please ask for a new one where you log in.</p>`;

const FAILURES: Readonly<Record<'E001' | 'E003' | 'E004', CustomerPage>> = {
  E001: {
    title: 'The password was not changed',
    body: html`<p class="lead">This account cannot be used at the moment. Please ask those who run it.</p>`,
  },
  E003: { title: 'This link does not work any more', body: ASK_AGAIN },
  E004: { title: 'This link has expired', body: ASK_AGAIN },
};

const REFUSED: Partial<Record<RefusalCode, CustomerPage>> = {
  INTERNAL_RESOURCE_NOT_FOUND: {
    title: 'This link does not work any more',
    body: html`<p class="lead">Maybe you have used it already: then you can simply log in.</p>
<p>Links work once, and only for a while. Please look whether it is complete, or register again.</p>`,
  },
  PUBLIC_CUSTOMER_IS_BANNED: {
    title: 'The address was not confirmed',
    body: html`<p class="lead">This account cannot be used at the moment. Please ask those who run it.</p>`,
  },
  PUBLIC_OUTCOME_IS_UNKNOWN: {
    title: 'Please try to log in',
    body: html`<p class="lead">Something was interrupted just now, so this may have worked or not.</p>
<p>Please try to log in. If that does not work, open the link in the mail once more.</p>`,
  },
  INTERNAL_OVERLOADED: {
    title: 'Please try again',
    body: html`<p class="lead">Too much is going on right now. In a minute it should work; nothing was changed.</p>`,
  },
};

const BROKEN: CustomerPage = {
  title: 'Something went wrong',
  body: html`<p class="lead">Nothing was changed. Please go back and try again.</p>`,
};

function sendFailure(request: FastifyRequest, reply: FastifyReply, { code }: Refusal): void {
  request.refusalCode = code;
  sendCustomerPage(reply, REFUSALS[code].status, REFUSED[code] ?? BROKEN);
}
