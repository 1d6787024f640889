import { type Html, html } from '../../html.ts';
import { pageFrame } from '../page-frame.ts';

export { escapeHtml, Html, html } from '../../html.ts';

/** One page in the common frame. */
export function page(title: string, body: Html): string {
  return pageFrame(
    title,
    html`<body>
<header><a class="brand" href="/"><img src="/assets/icon.svg" alt="" width="28" height="28">Purser</a>
<nav><a href="/docs">API reference</a><a href="/errors">Errors</a></nav></header>
<main>
${body}
</main>
<footer>Purser keeps your customers’ prepaid credit: exact, durable, explained.</footer>
</body>`,
  );
}
