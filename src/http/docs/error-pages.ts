import { REFUSALS, type RefusalCode, type RefusalKind, refusalBody } from '../../refusals.ts';
import { type Html, html, page } from './html.ts';

const SAMPLE_REQUEST_ID = 'k3v9x2m1-7';

/** Every code of the registry, in its order, which is the order of precedence. */
const ENTRIES = Object.entries(REFUSALS) as [RefusalCode, RefusalKind][];

function status(kind: RefusalKind): Html {
  return kind.status >= 500
    ? html`<span class="status server">${kind.status}</span>`
    : html`<span class="status">${kind.status}</span>`;
}

/** The page at /errors. */
export function errorListPage(): string {
  const rows = ENTRIES.map(
    ([code, kind]) =>
      html`<tr><td>${status(kind)}</td><td><a href="/errors/${code}"><code>${code}</code></a></td><td>${kind.message}</td></tr>
`,
  );
  return page(
    'Errors · Purser',
    html`<h1>Errors</h1>
<p class="lead">Every failure has one shape, and a code to switch on. Where several apply, the first one of this list is answered.</p>
<table class="errors"><thead><tr><th>Status</th><th>Code</th><th>Message</th></tr></thead><tbody>
${rows}</tbody></table>`,
  );
}

/** The page at /errors/<CODE>, or undefined where there is no such code. */
export function errorPage(code: string): string | undefined {
  const entry = ENTRIES.find(([name]) => name === code);
  if (entry === undefined) return undefined;
  const [name, kind] = entry;
  const example = JSON.stringify(JSON.parse(refusalBody(name, SAMPLE_REQUEST_ID, kind.details)), null, 2);
  return page(
    `${name} · Purser`,
    html`<p class="soft"><a href="/errors">All errors</a></p>
<h1><code>${name}</code></h1>
<p>${status(kind)} ${kind.message}</p>
<h2>What it means</h2>
<p>${kind.description}</p>
<h2>What to do</h2>
<p>${kind.whatToDo}</p>
<h2>Example</h2>
<pre><code>HTTP/1.1 ${kind.status}
${example}</code></pre>
<p class="soft">Quote <code>requestId</code> (also in the header <code>X-Request-Id</code>) when you ask the operator of this server about an answer.</p>`,
  );
}
