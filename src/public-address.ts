import type { Config } from './config.ts';

/** Where people reach this server: what links in mails and on pages begin with. */
export class PublicAddress {
  readonly #isConfigured: boolean;
  #url: string;

  constructor({ baseUrl, host, port }: Pick<Config, 'baseUrl' | 'host' | 'port'>) {
    this.#isConfigured = baseUrl !== undefined;
    this.#url = baseUrl ?? visitedUrl(host, port);
  }

  /** Such as https://credit.example.com, without a slash at its end. */
  get url(): string {
    return this.#url;
  }

  /** Called with the port that is listened on: counts unless PURSER_BASE_URL says otherwise. */
  listensOn(url: string): void {
    if (!this.#isConfigured) this.#url = url;
  }
}

/** Addresses that stand for all interfaces can be listened on, but not be visited. */
export function visitedUrl(host: string, port: number): string {
  const visited = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host;
  return `http://${visited.includes(':') && !visited.startsWith('[') ? `[${visited}]` : visited}:${port}`;
}
