import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** What a resolver does with a question: names it answers with, as bytes of one label or more, or nothing. */
export type Answering = (question: string) => readonly (readonly Buffer[])[] | 'hang' | 'refuse' | 'garbage';

/** A DNS server on this machine that misbehaves as it is told. */
export interface LyingResolver {
  /** For PURSER_DNS_SERVER. */
  readonly address: string;
  /** Questions so far. */
  readonly asked: number;
  stop(): Promise<void>;
}

function questionOf(message: Buffer): { text: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { text: labels.join('.'), end: at + 5 };
}

function answerWith(message: Buffer, end: number, names: readonly (readonly Buffer[])[], code = 0): Buffer {
  const head = Buffer.from(message.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(names.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const records = names.map((labels) => {
    const data = Buffer.concat([
      ...labels.flatMap((label) => [Buffer.from([label.length]), label]),
      Buffer.from([0]),
    ]);
    const fixed = Buffer.from([0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255]);
    return Buffer.concat([fixed, data]);
  });
  return Buffer.concat([head, message.subarray(12, end), ...records]);
}

/** Starts it on a free port. */
export async function startLyingResolver(answering: Answering): Promise<LyingResolver> {
  const socket = createSocket('udp4');
  let asked = 0;
  socket.on('message', (message, { port, address }) => {
    asked += 1;
    const { text, end } = questionOf(message);
    const answer = answering(text);
    if (answer === 'hang') return;
    if (answer === 'garbage') socket.send(Buffer.from('x'.repeat(600)), port, address);
    else
      socket.send(
        answer === 'refuse' ? answerWith(message, end, [], 5) : answerWith(message, end, answer),
        port,
        address,
      );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    get asked() {
      return asked;
    },
    async stop() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** A name of plain labels. */
export function name(...labels: string[]): Buffer[] {
  return labels.map((label) => Buffer.from(label, 'latin1'));
}
