import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MailMessage, renderMail } from './templates.ts';

const TOKEN = 'JjCQQFR5pKQc8z23aurXhKsTV8i1jRpf';
const FRAME = { organisation: 'GymRoom', timeZone: 'Europe/Prague', baseUrl: 'https://credit.example.com' };
const MESSAGES: readonly MailMessage[] = [
  { kind: 'confirm-registration', token: TOKEN, returnUrl: 'https://shop.example.com/' },
  { kind: 'reset-password', token: TOKEN, expiresAt: new Date('2026-06-17T10:00:00.000Z') },
  { kind: 'already-registered' },
];

test('every mail says the same as text and as HTML, under the name of the organisation', () => {
  for (const message of MESSAGES) {
    const { subject, text, html } = renderMail(message, FRAME);
    assert.match(subject, /GymRoom$/);
    for (const paragraph of text.trim().split('\n\n')) assert.ok(html.includes(paragraph), paragraph);
    assert.doesNotMatch(text, /undefined|null|\[object/);
  }
});

test('a link leads to the base URL, once in the text, and nothing else is loaded or followed', () => {
  const links = MESSAGES.map((message) => {
    const { text, html } = renderMail(message, FRAME);
    assert.doesNotMatch(html, /<img|<script|<link|<form|@import|url\(/i);
    const inHtml = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, url]) => url);
    const inText = [...text.matchAll(/https?:\/\/\S+/g)].map(([url]) => url);
    assert.deepEqual(inHtml, inText);
    return inText;
  });
  const base = 'https://credit.example.com';
  assert.deepEqual(links, [[`${base}/confirm/${TOKEN}`], [`${base}/new-password/${TOKEN}`], []]);
});

test('who has not registered is told to leave the link alone', () => {
  const [confirm = MESSAGES[0]] = MESSAGES;
  assert.ok(confirm);
  const { text } = renderMail(confirm, FRAME);
  assert.match(text, /If it was not you, please do not use the link: .* Without the link nothing changes\./);
});

test('the end of a link is told in the time zone of the organisation', () => {
  const [, reset = MESSAGES[0]] = MESSAGES;
  assert.ok(reset);
  assert.match(renderMail(reset, FRAME).text, /until 17 June 2026 at 12:00 (CEST|GMT\+2)\./);
});

test('a name cannot become markup, nor a line of its own', () => {
  const organisation = '<b onload="x">Tom & "Co"</b>\r\nBcc: customer@example.com\u2028\u0000x';
  for (const message of MESSAGES) {
    const { subject, text, html } = renderMail(message, { ...FRAME, organisation });
    assert.doesNotMatch(subject, /[\p{Cc}\p{Zl}\p{Zp}]/u);
    assert.doesNotMatch(text, /^Bcc:/m);
    assert.doesNotMatch(html, /<b |<\/b>|"Co"|&(?!amp;|lt;|gt;|quot;|#39;)/);
    assert.ok(html.includes('&lt;b onload=&quot;x&quot;&gt;Tom &amp; &quot;Co&quot;&lt;/b&gt;'));
  }
});
