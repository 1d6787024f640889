/**
 * The load generator's process: HTTP/1.1 over plain sockets. Load generator, server and database share the
 * machine, so every microsecond here is missing there: a request is a buffer made once for each connection, in
 * which only the digits of the customer and of the idempotency key change; an answer is read in place.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { IDENTITY_DIGITS, identityOf, type LoadPlan, type LoadResult } from './load-plan.ts';
import { drawCustomers } from './random.ts';

const DRAWS = 2 ** 20;
const KEY_DIGITS = 12;
const ZERO = 48;
const HOLD_ID_CHARACTERS = 16;
const HOLD_ID_BEFORE = '"holdId":"';

/** Holds that were created and not captured yet. */
const openHolds: Buffer[] = [];

interface Connection {
  readonly request: Buffer;
  /** When the request under way was due; undefined while there is none. */
  dueAt: number | undefined;
  /** Bytes of an answer that came in pieces. */
  pending: Buffer | undefined;
  socket: Socket;
}

interface Run {
  readonly plan: LoadPlan;
  readonly customers: Uint32Array;
  readonly identityAt: number;
  readonly keyAt: number;
  /** Where the address ends; 0 without one. */
  readonly addressAt: number;
  readonly connections: Connection[];
  /** Connections without a request, when there is a schedule to wait for. */
  readonly idle: Connection[];
  readonly failures: Record<string, { count: number; sample: string }>;
  readonly latenciesMs: Float64Array;
  measured: number;
  sent: number;
  acknowledged: number;
  measureFrom: number;
  measureUntil: number;
  /** Due times of scheduled requests that found no idle connection. */
  readonly late: number[];
  lateFrom: number;
  finished: () => void;
}

function writeDigits(buffer: Buffer, end: number, digits: number, value: number): void {
  let rest = value;
  for (let at = end - 1; at >= end - digits; at--) {
    const next = Math.floor(rest / 10);
    buffer[at] = ZERO + rest - next * 10;
    rest = next;
  }
}

interface Template {
  readonly text: string;
  readonly identityAt: number;
  readonly keyAt: number;
  readonly addressAt: number;
}

/** Six digits of it change: two of each of the last three bytes. */
const ADDRESS = '93.100.100.100';

function requestTemplate(plan: LoadPlan): Template {
  const whom =
    plan.job === 'capture' ? { holdId: '0'.repeat(HOLD_ID_CHARACTERS) } : { identityId: identityOf(0) };
  const body = JSON.stringify({
    ...whom,
    amount: plan.amount,
    description: 'video.rewrite:15m',
    ...(plan.addresses ? { customerRealIp: ADDRESS } : {}),
  });
  const headers = {
    ...plan.headers,
    'content-type': 'application/json',
    'content-length': String(body.length),
  };
  const key = `${randomBytes(8).toString('hex')}-${'0'.repeat(KEY_DIGITS)}`;
  const lines = Object.entries(plan.idempotencyKeys ? { ...headers, 'idempotency-key': key } : headers);
  const head = [`POST ${plan.path} HTTP/1.1`, 'host: 127.0.0.1', ...lines.map(([n, v]) => `${n}: ${v}`)];
  const text = `${head.join('\r\n')}\r\n\r\n${body}`;
  return {
    text,
    identityAt:
      plan.job === 'capture'
        ? text.indexOf(HOLD_ID_BEFORE) + HOLD_ID_BEFORE.length
        : text.indexOf(identityOf(0)) + identityOf(0).length,
    keyAt: plan.idempotencyKeys ? text.indexOf(key) + key.length : 0,
    addressAt: plan.addresses ? text.indexOf(ADDRESS) + ADDRESS.length : 0,
  };
}

function send(run: Run, connection: Connection, dueAt: number): void {
  const { request } = connection;
  if (run.plan.job === 'capture') {
    const hold = openHolds.pop();
    if (!hold) {
      stopEarly(run, connection);
      return;
    }
    hold.copy(request, run.identityAt);
  } else {
    const customer = run.customers[run.sent & (DRAWS - 1)] ?? 0;
    writeDigits(request, run.identityAt, IDENTITY_DIGITS, run.plan.customers.first + customer);
  }
  if (run.addressAt > 0) {
    const customer = run.customers[run.sent & (DRAWS - 1)] ?? 0;
    for (const [i, divisor] of [1, 100, 10_000].entries())
      writeDigits(request, run.addressAt - i * 4, 2, Math.floor(customer / divisor) % 100);
  }
  if (run.keyAt > 0) writeDigits(request, run.keyAt, KEY_DIGITS, run.sent);
  run.sent++;
  connection.dueAt = dueAt;
  connection.socket.write(request);
}

/** There is no hold left to capture: what was measured until now counts. */
function stopEarly(run: Run, connection: Connection): void {
  run.measureUntil = Math.min(run.measureUntil, performance.now());
  run.idle.push(connection);
  if (run.idle.length === run.connections.length) run.finished();
}

/** What to do with a connection that has been answered. */
function proceed(run: Run, connection: Connection, now: number): void {
  connection.dueAt = undefined;
  const due = run.late[run.lateFrom];
  if (due !== undefined) {
    run.lateFrom++;
    send(run, connection, due);
  } else if (run.plan.requestsPerSecond === undefined && now < run.measureUntil) {
    send(run, connection, now);
  } else {
    run.idle.push(connection);
    if (now >= run.measureUntil && run.idle.length === run.connections.length) run.finished();
  }
}

function fail(run: Run, kind: string, sample: string): void {
  const known = run.failures[kind];
  if (known) known.count++;
  else run.failures[kind] = { count: 1, sample };
}

const HEAD_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/** @returns the answer's length in bytes, or 0 while its head is incomplete. */
function answerLength(bytes: Buffer): number {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return 0;
  const length = CONTENT_LENGTH.exec(bytes.toString('latin1', 0, headEnd))?.[1];
  if (length === undefined) throw new Error('the load generator needs answers with a Content-Length');
  return headEnd + 4 + Number(length);
}

/**
 * Almost every answer arrives in one piece and is as long as it says; a JSON object's closing brace at the end
 * of what arrived shows that without reading the head. One answer in 64 is read in full nevertheless.
 */
function receive(run: Run, connection: Connection, piece: Buffer): void {
  const bytes = connection.pending ? Buffer.concat([connection.pending, piece]) : piece;
  const complete = bytes[bytes.length - 1] === 125 && answerLength(bytes) === bytes.length;
  if (!complete) {
    connection.pending = connection.pending ? bytes : Buffer.from(piece);
    return;
  }
  connection.pending = undefined;
  const now = performance.now();
  const ok = bytes[9] === 50 && bytes[10] === 48 && bytes[11] === 48;
  if (ok) {
    run.acknowledged++;
    if (run.plan.job === 'hold') {
      const at = bytes.indexOf(HOLD_ID_BEFORE) + HOLD_ID_BEFORE.length;
      openHolds.push(Buffer.from(bytes.subarray(at, at + HOLD_ID_CHARACTERS)));
    }
    if (now >= run.measureFrom && now < run.measureUntil) {
      run.latenciesMs[run.measured++] = now - (connection.dueAt ?? now);
    }
  } else {
    fail(run, bytes.toString('latin1', 9, 12), bytes.toString('utf8', 0, 2_000));
  }
  proceed(run, connection, now);
}

function openConnection(run: Run, port: number, text: string, buffer: Buffer): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const connection: Connection = {
      request: Buffer.from(text, 'latin1'),
      dueAt: undefined,
      pending: undefined,
      socket: connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: {
          // One buffer serves all connections: the callback is done with it when it returns.
          buffer,
          callback: (length) => {
            receive(run, connection, buffer.subarray(0, length));
            return true;
          },
        },
      }),
    };
    connection.socket.once('connect', () => resolve(connection));
    connection.socket.on('error', (error) => {
      reject(error);
      fail(run, error.message, String(error));
    });
    connection.socket.on('close', () => {
      if (connection.dueAt === undefined) return;
      fail(run, 'connection closed without an answer', '');
      proceed(run, connection, performance.now());
    });
  });
}

/** Sends what is due, at each tick of the clock; a request that finds no idle connection keeps its due time. */
function keepSchedule(run: Run, requestsPerSecond: number, startedAt: number): void {
  let scheduled = 0;
  const tick = () => {
    const now = Math.min(performance.now(), run.measureUntil);
    const dueByNow = Math.floor(((now - startedAt) / 1000) * requestsPerSecond);
    for (; scheduled < dueByNow; scheduled++) {
      const dueAt = startedAt + (scheduled / requestsPerSecond) * 1000;
      const connection = run.lateFrom === run.late.length ? run.idle.pop() : undefined;
      if (connection) send(run, connection, dueAt);
      else run.late.push(dueAt);
    }
    if (now < run.measureUntil) setTimeout(tick, 1);
    else if (run.idle.length === run.connections.length) run.finished();
  };
  tick();
}

async function perform(plan: LoadPlan): Promise<LoadResult> {
  const { text, identityAt, keyAt, addressAt } = requestTemplate(plan);
  const { count, pick } = plan.customers;
  const done = Promise.withResolvers<void>();
  const run: Run = {
    plan,
    customers: drawCustomers(count, pick, DRAWS, plan.seed),
    identityAt,
    keyAt,
    addressAt,
    connections: [],
    idle: [],
    failures: {},
    latenciesMs: new Float64Array(Math.ceil(plan.measureMs * 200)),
    measured: 0,
    sent: 0,
    acknowledged: 0,
    measureFrom: Number.POSITIVE_INFINITY,
    measureUntil: Number.POSITIVE_INFINITY,
    late: [],
    lateFrom: 0,
    finished: done.resolve,
  };
  const buffer = Buffer.alloc(64 * 1024);
  for (let i = 0; i < plan.connections; i++) {
    const port = plan.ports[i % plan.ports.length] ?? 0;
    run.connections.push(await openConnection(run, port, text, buffer));
  }
  const startedAt = performance.now();
  run.measureFrom = startedAt + plan.warmUpMs;
  run.measureUntil = run.measureFrom + plan.measureMs;
  let cpuBefore = process.cpuUsage();
  let cpu = cpuBefore;
  setTimeout(() => {
    cpuBefore = process.cpuUsage();
  }, plan.warmUpMs);
  setTimeout(() => {
    cpu = process.cpuUsage(cpuBefore);
  }, plan.warmUpMs + plan.measureMs);
  if (plan.requestsPerSecond === undefined) {
    for (const connection of run.connections) send(run, connection, startedAt);
  } else {
    run.idle.push(...run.connections);
    keepSchedule(run, plan.requestsPerSecond, startedAt);
  }
  await done.promise;
  for (const { socket } of run.connections) socket.destroy();
  const latenciesMs = run.latenciesMs.subarray(0, run.measured).sort();
  const quantileMs = (share: number) =>
    latenciesMs[Math.min(run.measured - 1, Math.floor(run.measured * share))] ?? Number.NaN;
  return {
    requestsPerSecond: (run.measured / (run.measureUntil - run.measureFrom)) * 1000,
    p50Ms: quantileMs(0.5),
    p99Ms: quantileMs(0.99),
    maxMs: quantileMs(1),
    acknowledged: run.acknowledged,
    failures: run.failures,
    cpuShare: (cpu.user + cpu.system) / 1000 / plan.measureMs,
  };
}

process.on('message', (plan: LoadPlan) => {
  void perform(plan).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());
