import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { RefusalCode } from '../src/refusals.ts';
import { REFUSALS, refusalBody } from '../src/refusals.ts';

/** What the server does with one request; the last of a list is done with all that follow. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A request as it came. */
export interface SeenRequest {
  readonly path: string;
  readonly idempotencyKey: string | undefined;
  readonly body: string;
}

/** A server that does what a list says, for clients that must get along with it. */
export interface MisbehavingServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

/** Starts it on a free port of the loopback address. */
export async function misbehave(...behaviours: readonly Behaviour[]): Promise<MisbehavingServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const behave = behaviours[Math.min(seen.length, behaviours.length - 1)];
    const { url = '', headers } = request;
    const key = headers['idempotency-key'];
    const note = { path: url, idempotencyKey: key === undefined ? undefined : String(key), body: '' };
    seen.push(note);
    void (async () => {
      if (behave === dropAtOnce) return behave(request, response);
      note.body = await text(request);
      await behave?.(request, response);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Ends the connection without reading the body. */
export const dropAtOnce: Behaviour = (request) => void request.socket.destroy();

/** Ends the connection once all was read: what was asked for may have been done. */
export const dropAfterReading: Behaviour = (request) => void request.socket.destroy();

/** Begins an answer and ends the connection in its midst. */
export const dropInMidAnswer: Behaviour = (request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"success":true,');
  setTimeout(() => request.socket.destroy(), 20);
};

/** Never answers. */
export const hang: Behaviour = () => undefined;

/** Answers this, whatever was asked. */
export function answer(status: number, body: unknown, headers: Record<string, string> = {}): Behaviour {
  const content = typeof body === 'string' ? body : JSON.stringify(body);
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(content);
  };
}

/** Refuses as Purser does. */
export function refuse(
  code: RefusalCode,
  members: Readonly<Record<string, unknown>> = {},
  headers: Record<string, string> = {},
): Behaviour {
  return answer(REFUSALS[code].status, refusalBody(code, 'test-1', members), headers);
}

/** What a spend that passed is answered. */
export const moved: Behaviour = answer(200, {
  success: true,
  transactionId: 'HxanU4a1n4El61zx',
  oldCreditBalance: 510,
  newCreditBalance: 410,
});
