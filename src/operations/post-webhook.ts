import dns from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { describeAddress } from '../ip/address.ts';

const PATIENCE_MS = 10_000;

/** Whether addresses inside one's own network may be called, and without TLS; see PURSER_PRIVATE_WEBHOOKS. */
export interface WebhookReach {
  readonly privateWebhooks: boolean;
}

/**
 * Says why an address is not called, whoever listed its origin: others could read or change what is sent without TLS. This
 * machine itself may be called without.
 *
 * @returns undefined where it may be called.
 */
export function webhookFault(url: URL, { privateWebhooks }: WebhookReach): string | undefined {
  if (url.protocol === 'https:' || privateWebhooks || isThisMachine(hostOf(url))) return undefined;
  return 'must begin with https://; without TLS only this machine itself is told, such as http://localhost:8080';
}

/**
 * Posts a JSON body and waits for the answer's status; redirects are not followed, and the answer is not read. What a name
 * leads to is judged when it is connected to: a name that is listed may lead into this network tomorrow.
 *
 * @returns the status.
 * @throws Error where there was no answer within 10 seconds, or the name leads where nobody may be sent.
 */
export function postWebhook(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  reach: WebhookReach,
): Promise<number> {
  const fault = webhookFault(url, reach);
  if (fault !== undefined) return Promise.reject(new Error(`The address ${fault}.`));
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.timeout(PATIENCE_MS),
      // A connection of its own: the one before may have been made when the name led elsewhere.
      agent: false as const,
      ...(reach.privateWebhooks || isThisMachine(hostOf(url)) ? {} : { lookup: lookUpPublic }),
    };
    // Of an address in the place of a name nothing is looked up; an operator has listed that very address.
    const sent = request(url, options, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on('error', reject).end(body);
  });
}

/** As net wants it: all addresses of a name, or an error where one of them is no public one. */
const lookUpPublic: LookupFunction = (hostname, { all }, callback) => {
  dns.lookup(hostname, { all: true }, (error, addresses) => {
    const inside = addresses?.find(({ address }) => !describeAddress(address)?.isPublic);
    if (error || inside) {
      const advice = `${hostname} leads to ${inside?.address}, which is not public; see PURSER_PRIVATE_WEBHOOKS.`;
      callback(error ?? new Error(advice), []);
    } else if (all) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
  });
};

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || describeAddress(host)?.kind === 'loopback';
}
