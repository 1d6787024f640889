import type { FastifyReply } from 'fastify';
import { type Html, html } from '../html.ts';
import { pageFrame } from './page-frame.ts';

const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** A page for customers: plain, without scripts, and without our own links, which mean nothing to them. */
export interface CustomerPage {
  readonly title: string;
  readonly body: Html;
}

/** Sends a page for customers. It is about one of them, so nobody may keep it. */
export function sendCustomerPage(reply: FastifyReply, status: number, page: CustomerPage): FastifyReply {
  return reply
    .code(status)
    .header('content-security-policy', POLICY)
    .header('cache-control', 'no-store')
    .header('x-robots-tag', 'noindex')
    .type('text/html; charset=utf-8')
    .send(render(page));
}

function render({ title, body }: CustomerPage): string {
  return pageFrame(
    title,
    html`<body class="narrow">
<main>
<h1>${title}</h1>
${body}
</main>
</body>`,
  );
}
