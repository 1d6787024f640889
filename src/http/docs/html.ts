import { type Html, html } from '../../html.ts';

export { escapeHtml, Html, html } from '../../html.ts';

/** One page in the common frame. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/page.css">
</head>
<body>
<header><a class="brand" href="/"><img src="/assets/icon.svg" alt="" width="28" height="28">Purser</a>
<nav><a href="/docs">API reference</a><a href="/errors">Errors</a></nav></header>
<main>
${body}
</main>
<footer>Purser keeps your customers’ prepaid credit: exact, durable, explained.</footer>
</body>
</html>
`.text;
}
