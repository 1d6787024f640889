import { Purser } from '../../src/client/index.ts';

/** An operation of the OpenAPI document, as far as the client's tests look at it. */
export interface Operation {
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
  readonly responses: {
    readonly 200: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
  };
}

/** A JSON Schema, as far as ours go. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
}

/** A route of the public API. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Below /api/v1/. */
  readonly path: string;
  readonly operation: Operation;
}

const BASE = '/api/v1/';

/** @returns every route below /api/v1/ that the server documents. */
export async function readRoutes(url: string): Promise<Route[]> {
  const response = await fetch(`${url}/openapi.json`);
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths)
    .filter(([path]) => path.startsWith(BASE))
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        method: method.toUpperCase() as Route['method'],
        path: path.slice(BASE.length),
        operation,
      })),
    );
}

/** Where a route's method is: customer/credit-spend is customer.creditSpend. */
export function methodNameOf(path: string): string {
  return path.replaceAll('/', '.').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What a method of the client sends. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly hasKey: boolean;
}

const HELPERS = ['withHold', 'lookUp'];

/** @returns what each of the client's methods sends, under its name. */
export async function sentByMethods(): Promise<Map<string, Sent>> {
  const sent = new Map<string, Sent>();
  let last: Sent | undefined;
  const purser = new Purser({
    baseUrl: 'http://127.0.0.1:1',
    apiKey: `DEV_${'a'.repeat(28)}`,
    fetch: async (input, init) => {
      const path = new URL(String(input)).pathname.slice(BASE.length);
      last = { method: init?.method ?? '', path, hasKey: new Headers(init?.headers).has('idempotency-key') };
      return Response.json({ success: true });
    },
  });
  for (const [name, method] of methodsOf(purser)) {
    await (name === 'ping' ? method() : method({ spends: [] }));
    if (last) sent.set(name, last);
    last = undefined;
  }
  return sent;
}

type AnyMethod = (...parameters: unknown[]) => Promise<unknown>;

/** @returns every method that stands for an endpoint, with its name from the client on. */
export function methodsOf(purser: object, before = ''): [string, AnyMethod][] {
  return Object.entries(purser)
    .filter(([name]) => !HELPERS.includes(name))
    .flatMap(([name, member]: [string, unknown]) => {
      if (typeof member === 'function') return [[before + name, member as AnyMethod]];
      return typeof member === 'object' && member !== null ? methodsOf(member, `${before}${name}.`) : [];
    });
}

/** @returns the same client, whose answers are noted. */
export function noteAnswers<Client extends object>(
  client: Client,
  note: (name: string, answer: unknown) => void,
  before = '',
): Client {
  return new Proxy(client, {
    get(target, property, receiver) {
      const member: unknown = Reflect.get(target, property, receiver);
      const name = before + String(property);
      if (HELPERS.includes(name)) return member;
      if (typeof member === 'function') {
        return async (...parameters: unknown[]) => {
          const answer: unknown = await member.apply(target, parameters);
          note(name, answer);
          return answer;
        };
      }
      return typeof member === 'object' && member !== null ? noteAnswers(member, note, `${name}.`) : member;
    },
  });
}
