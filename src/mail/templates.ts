import { type Html, html } from '../html.ts';

/** What a mail is to say. */
export type MailMessage =
  | { readonly kind: 'confirm-registration'; readonly token: string; readonly returnUrl?: string | undefined }
  | { readonly kind: 'reset-password'; readonly token: string; readonly expiresAt: Date }
  | { readonly kind: 'already-registered' };

/** Whose mail it is, and where its links lead. */
export interface MailFrame {
  /** The organisation's name. */
  readonly organisation: string;
  /** IANA name: instants are told in it. */
  readonly timeZone: string;
  /** Without a slash at its end. */
  readonly baseUrl: string;
}

/** A mail that says the same in both its parts. */
export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Paragraphs, and one link that stands between them. */
interface Letter {
  readonly subject: string;
  readonly before: readonly string[];
  readonly link?: { readonly label: string; readonly url: string };
  readonly after: readonly string[];
}

/**
 * Writes a mail. Nothing of what a customer has entered stands in it: whoever registers somebody else's address could
 * else have us send that person any text.
 */
export function renderMail(message: MailMessage, frame: MailFrame): RenderedMail {
  const organisation = oneLine(frame.organisation);
  const letter = writeLetter(message, { ...frame, organisation });
  return { subject: letter.subject, text: asText(letter, organisation), html: asHtml(letter, organisation) };
}

function writeLetter(message: MailMessage, { organisation, timeZone, baseUrl }: MailFrame): Letter {
  switch (message.kind) {
    case 'confirm-registration':
      return {
        subject: `Confirm your e-mail address for ${organisation}`,
        before: [
          `Welcome! Somebody, probably you, has registered at ${organisation} with this e-mail address. Please confirm that it is yours:`,
        ],
        link: { label: 'Confirm my address', url: `${baseUrl}/confirm/${message.token}` },
        after: [
          'If it was not you, please do not use the link: whoever registered could then log in with a password of their own. Without the link nothing changes.',
        ],
      };
    case 'reset-password':
      return {
        subject: `A new password for ${organisation}`,
        before: [
          `You have asked for a new password for your account at ${organisation}. Here you can choose one:`,
        ],
        link: { label: 'Choose a new password', url: `${baseUrl}/new-password/${message.token}` },
        after: [
          `The link works once, until ${tellInstant(message.expiresAt, timeZone)}.`,
          'If it was not you, you can ignore this mail: your password stays as it is.',
        ],
      };
    case 'already-registered':
      return {
        subject: `You already have an account at ${organisation}`,
        before: [
          `Somebody, probably you, has tried to create an account at ${organisation} with this e-mail address. You already have one, so you can simply log in.`,
          'If you no longer know your password, ask for a new one where you log in.',
        ],
        after: ['If it was not you, you can ignore this mail: nothing has changed.'],
      };
  }
}

function asText({ before, link, after }: Letter, organisation: string): string {
  const paragraphs = ['Hello,', ...before, ...(link ? [link.url] : []), ...after, organisation];
  return `${paragraphs.join('\n\n')}\n`;
}

const BODY =
  'margin:0;padding:24px;background:#ffffff;color:#1f2328;font:16px/1.6 system-ui,-apple-system,Segoe UI,Roboto,sans-serif';
const BUTTON =
  'display:inline-block;padding:10px 18px;border-radius:8px;background:#0b6b5c;color:#ffffff;text-decoration:none';

function asHtml({ subject, before, link, after }: Letter, organisation: string): string {
  const paragraph = (text: string): Html => html`<p>${text}</p>\n`;
  // The address stands there in full too: a link whose address one does not see is what fraud looks like.
  const button = link
    ? [
        html`<p><a href="${link.url}" style="${BUTTON}">${link.label}</a></p>
<p style="color:#5d646d;font-size:14px;overflow-wrap:anywhere">${link.url}</p>\n`,
      ]
    : [];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${subject}</title>
</head>
<body style="${BODY}">
<div style="max-width:560px">
<p>Hello,</p>
${before.map(paragraph)}${button}${after.map(paragraph)}<p>${organisation}</p>
</div>
</body>
</html>
`.text;
}

/** @returns the text without line breaks and other control characters, which could begin a header of their own. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

function tellInstant(instant: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    ...{ day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' },
    ...{ timeZone, timeZoneName: 'short' },
  } as Intl.DateTimeFormatOptions).format(instant);
}
