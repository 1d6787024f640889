/** Writes small MMDB files for tests, as format 2.0 says: a binary tree, its data, its metadata. */

type MmdbValue = string | number | boolean | MmdbValue[] | { [name: string]: MmdbValue };

const MARK = Buffer.from([0xab, 0xcd, 0xef, ...Buffer.from('MaxMind.com')]);

function control(type: number, size: number): Buffer {
  const sizeBytes =
    size < 29 ? [] : size < 285 ? [size - 29] : [((size - 285) >> 8) & 255, (size - 285) & 255];
  const sizeBits = size < 29 ? size : size < 285 ? 29 : 30;
  return type < 8
    ? Buffer.from([(type << 5) | sizeBits, ...sizeBytes])
    : Buffer.from([sizeBits, type - 7, ...sizeBytes]);
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([control(2, bytes.length), bytes]);
  }
  if (typeof value === 'boolean') return control(14, value ? 1 : 0);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(Number.isInteger(value) && value >= 0 ? 4 : 8);
    if (bytes.length === 4) bytes.writeUInt32BE(value);
    else bytes.writeDoubleBE(value);
    return Buffer.concat([control(bytes.length === 4 ? 6 : 3, bytes.length), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([name, each]) => [encode(name), encode(each)]),
  ]);
}

interface Node {
  readonly children: [Node | number | undefined, Node | number | undefined];
}

/** @param networks IPv4 networks such as `192.0.2.0/24` with their records. */
export function makeMmdb(databaseType: string, networks: Readonly<Record<string, MmdbValue>>): Buffer {
  const root: Node = { children: [undefined, undefined] };
  const data: Buffer[] = [];
  let dataLength = 0;
  for (const [network, record] of Object.entries(networks)) {
    const [address = '', prefix = '32'] = network.split('/');
    const bits = address
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('');
    let node = root;
    for (const bit of bits.slice(0, Number(prefix) - 1)) {
      const side = Number(bit) as 0 | 1;
      const child = node.children[side];
      const next: Node = typeof child === 'object' ? child : { children: [undefined, undefined] };
      node.children[side] = next;
      node = next;
    }
    const bytes = encode(record);
    node.children[Number(bits[Number(prefix) - 1]) as 0 | 1] = dataLength;
    data.push(bytes);
    dataLength += bytes.length;
  }
  const nodes: Node[] = [];
  const collect = (node: Node) => {
    nodes.push(node);
    for (const child of node.children) if (typeof child === 'object') collect(child);
  };
  collect(root);
  const tree = Buffer.alloc(nodes.length * 8);
  for (const [i, { children }] of nodes.entries()) {
    for (const [side, child] of children.entries()) {
      const value =
        child === undefined
          ? nodes.length
          : typeof child === 'number'
            ? nodes.length + 16 + child
            : nodes.indexOf(child);
      tree.writeUInt32BE(value, i * 8 + side * 4);
    }
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_780_000_000,
    database_type: databaseType,
    description: { en: 'made by a test' },
    ip_version: 4,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 32,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, MARK, metadata]);
}
