import http from 'node:http';

/** What a client saw of one request. */
export type Result =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly body: string;
      /** undefined where the answer does not tell. */
      readonly replayed: boolean | undefined;
    }
  /** No answer: `sent` tells whether the request may have reached the server. */
  | { readonly kind: 'lost'; readonly sent: boolean };

/** A request to a server, JSON in and out. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly apiKey: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly idempotencyKey?: string | undefined;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 512 });

// Longer than the server's own patience, so that an answer is lost only where none comes.
const PATIENCE_MS = 30_000;

/** Sends one request and waits for what comes of it; never rejects. */
export function call(server: string, { method, path, apiKey, body, idempotencyKey }: Call): Promise<Result> {
  const text = body && JSON.stringify(body);
  return new Promise((resolve) => {
    let sent = false;
    const request = http.request(`${server}${path}`, {
      method,
      agent,
      timeout: PATIENCE_MS,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(text !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
    });
    const lose = () => resolve({ kind: 'lost', sent });
    request.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => (sent = true));
      else sent = true;
    });
    request.once('timeout', () => request.destroy());
    request.once('error', lose);
    request.once('response', (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (part: string) => (answer += part));
      response.once('error', lose);
      response.once('close', () => {
        if (!response.complete) return lose();
        const replayed = response.headers['idempotency-replayed'] === 'true';
        resolve({ kind: 'answered', status: response.statusCode ?? 0, body: answer, replayed });
      });
    });
    request.end(text);
  });
}

/** Closes the connections that wait for a next request. */
export function closeConnections(): void {
  agent.destroy();
}
