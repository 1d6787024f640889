import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../../refusals.ts';
import { ICON, STYLESHEET } from '../docs/assets.ts';
import { errorListPage, errorPage } from '../docs/error-pages.ts';
import { landingPage } from '../docs/landing-page.ts';
import { loadScalarBundle, REFERENCE_PAGE, START_SCRIPT } from '../docs/scalar.ts';
import { PUBLIC } from '../policy.ts';
import type { App } from '../route.ts';

const HTML = 'text/html; charset=utf-8';
const JAVASCRIPT = 'text/javascript; charset=utf-8';

const FRAME = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PAGE_POLICY = `default-src 'none'; style-src 'self'; img-src 'self'; ${FRAME}`;

/** The reference writes its own styles as it runs; nothing comes from, or goes to, any other host. */
const REFERENCE_POLICY = `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; ${FRAME}`;

const HIDDEN = { config: { policy: PUBLIC }, schema: { hide: true }, exposeHeadRoute: true };

/** What a person finds at the server's address. None of it is about a customer, so it may be kept. */
export function addPages(app: App, options: { baseUrl: string | undefined; demo: boolean }): void {
  const { baseUrl, demo } = options;

  app.get('/', HIDDEN, (request, reply) =>
    sendPage(reply, landingPage(baseUrl ?? ownAddress(request), demo), 'no-store'),
  );
  const errorList = errorListPage();
  app.get('/errors', HIDDEN, (_request, reply) => sendPage(reply, errorList));
  app.get<{ Params: { code: string } }>('/errors/:code', HIDDEN, (request, reply) => {
    const found = errorPage(request.params.code);
    if (found === undefined) throw new Refusal('INTERNAL_RESOURCE_NOT_FOUND');
    return sendPage(reply, found);
  });

  app.get('/docs', HIDDEN, (_request, reply) => {
    reply.header('content-security-policy', REFERENCE_POLICY);
    return reply.type(HTML).send(REFERENCE_PAGE);
  });
  app.get('/docs/start.js', HIDDEN, (_request, reply) => sendAsset(reply, JAVASCRIPT, START_SCRIPT));
  app.get('/docs/scalar.js', HIDDEN, async (request, reply) => {
    const { plain, gzipped } = await loadScalarBundle();
    reply.header('vary', 'accept-encoding');
    const zipped = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    if (zipped) reply.header('content-encoding', 'gzip');
    return sendAsset(reply, JAVASCRIPT, zipped ? gzipped : plain);
  });

  app.get('/assets/page.css', HIDDEN, (_request, reply) =>
    sendAsset(reply, 'text/css; charset=utf-8', STYLESHEET),
  );
  app.get('/assets/icon.svg', HIDDEN, (_request, reply) => sendAsset(reply, 'image/svg+xml', ICON));
}

function sendPage(reply: FastifyReply, page: string, cache = 'public, max-age=300'): FastifyReply {
  reply.header('content-security-policy', PAGE_POLICY).header('cache-control', cache);
  return reply.type(HTML).send(page);
}

function sendAsset(reply: FastifyReply, type: string, content: string | Buffer): FastifyReply {
  reply
    .header('content-security-policy', "default-src 'none'")
    .header('cache-control', 'public, max-age=300');
  return reply.type(type).send(content);
}

/** The address that the reader used; the Host header is the reader's own word and is shown to nobody else. */
function ownAddress(request: FastifyRequest): string {
  const host = request.headers.host ?? '';
  return /^[\w.:[\]-]+$/.test(host) ? `http://${host}` : 'http://127.0.0.1:3000';
}
