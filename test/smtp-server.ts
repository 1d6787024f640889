import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A mail as it came over the wire. */
export interface ReceivedMail {
  /** The line of each command of the envelope, such as RCPT TO:<customer@example.com>. */
  readonly envelope: readonly string[];
  /** Headers and body, as sent. */
  readonly raw: string;
}

/** What the server says to a command, or to the end of the data; undefined for what a friendly server says. */
export type Replying = (command: string, mailsSoFar: number) => string | 'hang' | undefined;

/** An SMTP server on this machine that misbehaves as it is told. */
export interface TestSmtpServer {
  /** For PURSER_SMTP_URL. */
  readonly url: string;
  /** Those that it took. */
  readonly mails: readonly ReceivedMail[];
  /** Connections so far. */
  readonly connections: number;
  stop(): Promise<void>;
}

const END_OF_DATA = '\r\n.\r\n';

/** Starts it on a free port. The greeting is asked for as CONNECT, the end of a mail as END. */
export async function startSmtpServer(replying: Replying = () => undefined): Promise<TestSmtpServer> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;

  const converse = (socket: Socket) => {
    let received = '';
    let isData = false;
    let envelope: string[] = [];
    const say = (command: string, friendly: string): boolean => {
      const reply = replying(command, mails.length) ?? friendly;
      if (reply !== 'hang') socket.write(`${reply}\r\n`);
      return reply === friendly;
    };
    const answer = (line: string) => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'MAIL') envelope = [];
      if (verb === 'MAIL' || verb === 'RCPT') envelope.push(line);
      if (verb === 'DATA') isData = say(line, '354 go on');
      else if (verb === 'QUIT') socket.end('221 bye\r\n');
      else say(line, '250 ok');
    };
    const read = (): boolean => {
      const end = received.indexOf(isData ? END_OF_DATA : '\r\n');
      if (end < 0) return false;
      const text = received.slice(0, end);
      received = received.slice(end + (isData ? END_OF_DATA : '\r\n').length);
      if (!isData) answer(text);
      else {
        isData = false;
        if (say('END', '250 taken')) mails.push({ envelope, raw: text });
      }
      return true;
    };
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('utf8');
      while (read());
    });
    say('CONNECT', '220 test');
  };

  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    converse(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mails,
    get connections() {
      return connections;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
