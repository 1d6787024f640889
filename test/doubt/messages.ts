/** One message of PostgreSQL's protocol, with all its bytes. */
export interface Message {
  /** A letter; empty for the first message of a client, which has none. */
  readonly type: string;
  readonly bytes: Buffer;
}

/** Cuts a stream of bytes into the protocol's messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #isFirst: boolean;

  /** @param fromClient the first message of a client begins with its length, all others with a letter. */
  constructor(fromClient: boolean) {
    this.#isFirst = fromClient;
  }

  /** @returns the messages that are whole now. */
  read(chunk: Buffer): Message[] {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const messages: Message[] = [];
    for (;;) {
      const letters = this.#isFirst ? 0 : 1;
      if (this.#rest.length < letters + 4) return messages;
      const size = letters + this.#rest.readInt32BE(letters);
      if (this.#rest.length < size) return messages;
      const bytes = this.#rest.subarray(0, size);
      messages.push({ type: bytes.toString('latin1', 0, letters), bytes });
      this.#rest = this.#rest.subarray(size);
      this.#isFirst = false;
    }
  }
}

/** @returns whether a client begins its COMMIT here: the writer has prepared it under that name. */
export function beginsCommit({ type, bytes }: Message): boolean {
  const [first, second] = bytes.toString('latin1', 5).split('\0');
  return (type === 'P' && first === 'commit') || (type === 'B' && second === 'commit');
}

/** @returns whether a server says here that it has committed. */
export function saysCommitted({ type, bytes }: Message): boolean {
  return type === 'C' && bytes.toString('latin1', 5) === 'COMMIT\0';
}

/** @returns whether this first message of a client opens a connection of the writer. */
export function opensLane({ type, bytes }: Message): boolean {
  return type === '' && bytes.includes('purser lane');
}
