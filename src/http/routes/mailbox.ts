import type { FastifyRequest } from 'fastify';
import { Html, html } from '../../html.ts';
import { isLoopbackHost } from '../../ip/loopback.ts';
import { type KeptMail, MAILBOX_PATH } from '../../mail/mails.ts';
import type { Services } from '../../operations/services.ts';
import { Refusal } from '../../refusals.ts';
import { sendCustomerPage } from '../customer-page.ts';
import { isFromThisMachine } from '../from-this-machine.ts';
import type { App } from '../route.ts';

const MOST_MAILS = 50;

/** The mails that were kept for want of an SMTP server, for a developer who walks through a registration. */
export function addMailbox(
  app: App,
  { mails, publicAddress }: Pick<Services, 'mails' | 'publicAddress'>,
): void {
  app.get(
    MAILBOX_PATH,
    { config: { policy: { access: 'operator' } }, schema: { hide: true } },
    async (request, reply) => {
      // Its links are as good as passwords: whoever may not read them learns not even that they are here.
      if (mails.smtp !== undefined || !isDeveloper(request, publicAddress.url))
        throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
      const kept = await mails.listKept(MOST_MAILS);
      const body = kept.length === 0 ? NOTHING : html`${INTRODUCTION}${kept.map(showMail)}`;
      return sendCustomerPage(reply, 200, { title: 'Mailbox', body });
    },
  );
}

/**
 * Some proxies say nothing of themselves. So a server that has a public address has no mailbox; the HTTP version is
 * what nginx uses unless told otherwise; and a name of somebody else's that leads here is a page that reads along.
 */
function isDeveloper(request: FastifyRequest, publicUrl: string): boolean {
  return (
    isFromThisMachine(request) &&
    request.raw.httpVersion === '1.1' &&
    isLoopbackHost(request.headers.host ?? '') &&
    isLoopbackHost(new URL(publicUrl).host)
  );
}

const NOTHING = html`<p class="lead">No mails yet.</p>
<p>While <code>PURSER_SMTP_URL</code> is not set, mails are kept here for 7 days instead of being sent. Register a customer, and the confirmation mail appears.</p>`;

const INTRODUCTION = html`<p class="soft">No SMTP server is set, so these mails were not sent. The newest comes first; each is kept for 7 days.</p>\n`;

function showMail({ senderName, recipient, subject, text, createdAt }: KeptMail): Html {
  return html`<h2>${subject}</h2>
<p class="soft">From ${senderName} to ${recipient}, ${createdAt.toISOString()}</p>
<pre>${withLinks(text)}</pre>
`;
}

/** Our own templates put a link on a line of its own. */
function withLinks(text: string): Html {
  const lines = text
    .split('\n')
    .map((line) => (/^https?:\/\/\S+$/.test(line) ? html`<a href="${line}">${line}</a>` : html`${line}`));
  return new Html(lines.map((line) => line.text).join('\n'));
}
