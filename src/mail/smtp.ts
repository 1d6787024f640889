import { HangingPartners } from '../jobs/hanging-partners.ts';

/** A mail as it is handed to an SMTP server. */
export interface OutgoingMail {
  readonly messageId: string;
  /** The organisation's name. */
  readonly senderName: string;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly createdAt: Date;
}

/** The SMTP server of the settings. */
export interface Smtp {
  /**
   * @param signal breaks it off.
   * @throws Error when the server did not take the mail; `isFinal` tells whether it ever will.
   */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<void>;
}

export interface SmtpSettings {
  /** smtp:// or smtps://, user and password included. */
  readonly url: string;
  /** The address that mails are sent from. */
  readonly from: string;
}

/** A server that hangs, or tells one byte a second, must not hold up the mails behind. */
const MOST_MS = 60_000;

const TIMEOUTS = {
  dnsTimeout: 10_000,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 20_000,
} as const;

/** @param mostMs the whole time that one mail may take. */
export function openSmtp(settings: SmtpSettings, mostMs = MOST_MS): Smtp {
  const servers = new HangingPartners();
  return {
    send(mail, stopped) {
      const signal = AbortSignal.any([AbortSignal.timeout(mostMs), stopped]);
      return servers.reach(settings.url, () => deliver(settings, mail, signal));
    },
  };
}

async function deliver({ url, from }: SmtpSettings, mail: OutgoingMail, signal: AbortSignal): Promise<void> {
  const { messageId, senderName, recipient, subject, text, html, createdAt } = mail;
  // Loaded here, so that who sends no mail does not pay for it.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({ url, ...TIMEOUTS });
  await transport.sendMail({
    messageId: `<${messageId}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    date: createdAt,
    // As objects: a name with a comma or an @ in it can then not become a second address.
    from: { name: senderName, address: from },
    to: { name: '', address: recipient },
    ...{ subject, text, html },
    // So that nobody's "I am on holiday" comes back.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    ...{ disableFileAccess: true, disableUrlAccess: true },
    signal,
  });
}

/**
 * @returns whether the server refuses this mail for good. A refusal of the login or of our own address is not about
 *   the mail: it is tried again, because somebody may put that right.
 */
export function isFinal(error: unknown): boolean {
  const { code, command, responseCode }: { code?: unknown; command?: unknown; responseCode?: unknown } =
    typeof error === 'object' && error !== null ? error : {};
  // The recipient is no address that can be put into the dialogue at all.
  if (code === 'EENVELOPE' && command === 'API') return true;
  const isAboutMail = command === 'RCPT TO' || command === 'DATA';
  return isAboutMail && typeof responseCode === 'number' && responseCode >= 500;
}
