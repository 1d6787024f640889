import net from 'node:net';
import { beginsCommit, type Message, MessageReader, opensLane, saysCommitted } from './messages.ts';

/** What can become of a COMMIT on its way. */
export const MODES = [
  /** The connection breaks before COMMIT arrives. */
  'cut the request',
  /** It breaks after COMMIT was done, before its answer arrives. */
  'cut the reply',
  /** COMMIT never arrives and nothing says so. */
  'swallow the request',
  /** COMMIT is done, its answer never arrives and nothing says so. */
  'swallow the reply',
  /** The connection breaks for the client, and COMMIT arrives a while later all the same. */
  'delay the request',
] as const;

export type Mode = (typeof MODES)[number];

const LATE_MS = 1_500;

/** A way to PostgreSQL that does to the writer's COMMITs what networks do. */
export class CommitProxy {
  readonly hits = new Map<Mode, number>(MODES.map((mode) => [mode, 0]));
  /** Nobody gets through any more while this is set. */
  isClosed = false;
  /** What each piece of data waits on its way, in either direction. */
  delayMs = 0;
  readonly #target: net.NetConnectOpts;
  readonly #server = net.createServer({ noDelay: true }, (client) => this.#connect(client));
  readonly #sockets = new Set<net.Socket>();
  #armed: { mode: Mode; onHit: () => void } | undefined;

  constructor(target: net.NetConnectOpts) {
    this.#target = target;
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Does this to the next COMMIT of the writer, once. @param onHit what else happens at that moment. */
  arm(mode: Mode, onHit: () => void = () => undefined): void {
    this.#armed = { mode, onHit };
  }

  /** Breaks all connections and lets nobody through until `isClosed` is taken back. */
  shut(): void {
    this.isClosed = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.shut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** @returns whether this COMMIT is to be hit in one of these ways; it is then no longer armed. */
  #hit(...modes: Mode[]): Mode | undefined {
    const armed = this.#armed;
    if (!armed || !modes.includes(armed.mode)) return undefined;
    this.#armed = undefined;
    this.hits.set(armed.mode, (this.hits.get(armed.mode) ?? 0) + 1);
    setImmediate(armed.onHit);
    return armed.mode;
  }

  #connect(client: net.Socket): void {
    if (this.isClosed) {
      client.destroy();
      return;
    }
    const server = net.connect(this.#target);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    }
    const link = new Link(
      client,
      server,
      () => this.delayMs,
      (...modes) => this.#hit(...modes),
    );
    client.on('data', (chunk: Buffer) => link.fromClient(chunk)).once('close', () => link.clientClosed());
    server.on('data', (chunk: Buffer) => link.fromServer(chunk)).once('close', () => client.destroy());
  }
}

/** One connection through the proxy. */
class Link {
  readonly #client: net.Socket;
  readonly #server: net.Socket;
  readonly #delayMs: () => number;
  readonly #hit: (...modes: Mode[]) => Mode | undefined;
  readonly #requests = new MessageReader(true);
  readonly #replies = new MessageReader(false);
  #isLane = false;
  #requestFate: Mode | undefined;
  #replyFate: Mode | undefined;
  /** What of a delayed COMMIT has come so far. */
  #late: Buffer[] = [];

  constructor(
    client: net.Socket,
    server: net.Socket,
    delayMs: () => number,
    hit: (...modes: Mode[]) => Mode | undefined,
  ) {
    this.#client = client;
    this.#server = server;
    this.#delayMs = delayMs;
    this.#hit = hit;
  }

  fromClient(chunk: Buffer): void {
    const passed: Buffer[] = [];
    for (const message of this.#requests.read(chunk)) {
      if (opensLane(message)) this.#isLane = true;
      this.#meetRequest(message);
      if (this.#requestFate === undefined) passed.push(message.bytes);
      else this.#late.push(message.bytes);
    }
    this.#pass(this.#server, passed);
    if (this.#requestFate === 'cut the request') {
      // What came before COMMIT still arrives, and then the end of the connection.
      this.#server.end();
      this.#client.destroy();
    } else if (this.#requestFate === 'delay the request' && !this.#client.destroyed) {
      this.#client.destroy();
      setTimeout(() => this.#server.end(Buffer.concat(this.#late)), LATE_MS);
    }
  }

  fromServer(chunk: Buffer): void {
    const passed: Buffer[] = [];
    for (const message of this.#replies.read(chunk)) {
      if (this.#isLane && saysCommitted(message)) {
        this.#replyFate ??= this.#hit('cut the reply', 'swallow the reply');
      }
      if (this.#replyFate === undefined) passed.push(message.bytes);
    }
    if (!this.#client.destroyed) this.#pass(this.#client, passed);
    if (this.#replyFate === 'cut the reply') this.#client.destroy();
  }

  clientClosed(): void {
    if (this.#requestFate !== 'delay the request') this.#server.end();
  }

  #meetRequest(message: Message): void {
    if (!this.#isLane || !beginsCommit(message)) return;
    this.#requestFate ??= this.#hit('cut the request', 'swallow the request', 'delay the request');
  }

  #pass(to: net.Socket, parts: readonly Buffer[]): void {
    if (parts.length === 0) return;
    const bytes = Buffer.concat(parts);
    const delayMs = this.#delayMs();
    if (delayMs === 0) to.write(bytes);
    else setTimeout(() => to.write(bytes), delayMs);
  }
}
