/** The one stylesheet of our pages: the reader's own fonts, light and dark, narrow and wide. */
export const STYLESHEET = `:root {
  color-scheme: light dark;
  --paper: light-dark(#fbfaf7, #15171a);
  --card: light-dark(#ffffff, #1d2024);
  --ink: light-dark(#1f2328, #e7e5e0);
  --soft: light-dark(#5d646d, #a2a8b0);
  --line: light-dark(#e4e1d9, #31363c);
  --accent: light-dark(#0b6b5c, #58c9b2);
  --accent-ink: light-dark(#ffffff, #08211c);
  --warm: light-dark(#9a4b00, #f0b36b);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 0 1.25rem; max-width: 56rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: break-word;
}
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; padding: 1.25rem 0; }
.brand { display: flex; gap: .6rem; align-items: center; font-weight: 650; font-size: 1.1rem; color: var(--ink); text-decoration: none; }
nav { display: flex; gap: 1.25rem; margin-left: auto; }
a { color: var(--accent); text-underline-offset: .2em; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 2px; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
main { padding: 1rem 0 3rem; }
h1 { font-size: clamp(1.5rem, 4.5vw, 2.2rem); line-height: 1.2; margin: 1rem 0 .75rem; letter-spacing: -.01em; }
h1 code { font-size: .85em; background: none; border: 0; padding: 0; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .6rem; }
p { margin: .6rem 0; }
.lead { font-size: 1.15rem; color: var(--soft); max-width: 40rem; }
.soft { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); gap: 1rem; margin: 1.75rem 0; padding: 0; list-style: none; }
.cards a { display: block; height: 100%; padding: 1rem 1.15rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card); color: var(--ink); text-decoration: none; }
.cards a:hover { border-color: var(--accent); }
.cards strong { display: block; color: var(--accent); }
.cards span { color: var(--soft); font-size: .95rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .9em; }
code { background: var(--card); border: 1px solid var(--line); border-radius: 4px; padding: .08em .3em; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.15rem; overflow-x: auto; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; }
pre code { background: none; border: 0; padding: 0; font-size: 1em; }
table { width: 100%; border-collapse: collapse; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .6rem .75rem .6rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
td code { background: none; border: 0; padding: 0; font-size: .85em; overflow-wrap: anywhere; }
td a { text-decoration: none; }
td a:hover { text-decoration: underline; }
.status { display: inline-block; min-width: 2.9rem; padding: .05rem .5rem; border-radius: 99px; background: var(--accent); color: var(--accent-ink); font-weight: 650; font-size: .9rem; text-align: center; }
.status.server { background: var(--warm); color: light-dark(#ffffff, #2a1600); }
footer { padding: 1.5rem 0 2.5rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .9rem; }
.narrow { max-width: 40rem; }
.failed { color: var(--warm); }
label { display: block; margin: 1rem 0; color: var(--soft); }
input { display: block; width: 100%; margin-top: .25rem; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); color: var(--ink); font: inherit; }
button, .button { display: inline-block; margin: 1rem 0; padding: .65rem 1.2rem; border: 0; border-radius: 8px; background: var(--accent); color: var(--accent-ink); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
input:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
@media (max-width: 40rem) {
  nav { margin-left: 0; }
  .errors thead { display: none; }
  .errors tr { display: block; padding: .6rem 0; border-bottom: 1px solid var(--line); }
  .errors td { display: block; border: 0; padding: .1rem 0; }
}
`;

/** A purse, or a ledger's page, with a coin. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="3" y="7" width="26" height="20" rx="5" fill="#0b6b5c"/><path d="M3 13h26" stroke="#7fd8c6" stroke-width="2"/><circle cx="22" cy="20" r="4" fill="#f4c762"/></svg>
`;
