import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { methodNameOf, type Route, type Schema } from './routes.ts';

const root = path.join(import.meta.dirname, '..', '..');

/** What the compared types are made of. A schema knows no literals but true, false and null. */
const BEGINNING = `
import type { Purser } from '${root}/src/client/index.ts';
type Method<F> = F extends (...parameters: infer P) => Promise<infer A> ? { request: P[0]; answer: A } : never;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Plain<T> = T extends string ? string : T extends number ? number
  : T extends readonly (infer I)[] ? readonly Plain<I>[]
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type PlainFull<T> = T extends string ? string : T extends number ? number
  : T extends readonly (infer I)[] ? readonly PlainFull<I>[]
  : T extends object ? { [K in keyof T]-?: PlainFull<T[K]> } : T;
type Keys<T> = T extends unknown ? keyof T : never;
type Value<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;
type Members<T> = [T] extends [string] ? string : [T] extends [number] ? number : [T] extends [boolean] ? boolean
  : [T] extends [readonly unknown[]] ? readonly Members<T[number]>[]
  : { [K in Keys<T>]: Members<Exclude<Value<T, K>, undefined>> };
type IsRequired<T, K> = K extends keyof T ? ({} extends Pick<T, K> ? false : true) : false;
type Required<T> = { [K in Keys<T>]: false extends (T extends unknown ? IsRequired<T, K> : never) ? never : K }[Keys<T>];
`;

/** Names a method of the client in a type. */
function typeOf(name: string): string {
  return `Method<Purser${name
    .split('.')
    .map((part) => `['${part}']`)
    .join('')}>`;
}

/** @returns a program that has errors where the client's types differ from the server's documented schemas. */
export function compareWithSchemas(routes: readonly Route[]): string {
  const lines = routes.flatMap(({ path: route, operation }) => {
    const name = methodNameOf(route);
    const variable = name.replaceAll('.', '_');
    const { schema } = operation.responses[200].content['application/json'];
    const answer = `${typeOf(name)}['answer']`;
    const checks = [
      `export const ${variable}_answer: Same<Plain<${answer}>, ${write(schema, 'answer')}> = true;`,
      `export const ${variable}_full_answer: Same<PlainFull<${answer}>, ${write(schema, 'full answer')}> = true;`,
    ];
    const codes = codesOf(schema).map((code) => `'${code}'`);
    if (codes.length > 0) {
      const failed = `Extract<${answer}, { success: false }>['errorCode']`;
      checks.push(`export const ${variable}_codes: Same<${failed}, ${codes.join(' | ')}> = true;`);
    }
    if (route === 'ping') return checks;
    const request = `${typeOf(name)}['request']`;
    const wanted = requestOf(operation);
    const required = wanted.required?.map((member) => `'${member}'`).join(' | ') || 'never';
    return [
      ...checks,
      `export const ${variable}_request: Same<Members<${request}>, ${write(wanted, 'request')}> = true;`,
      `export const ${variable}_required: Same<Required<${request}>, ${required}> = true;`,
    ];
  });
  return BEGINNING + lines.join('\n');
}

/** @returns a program that has errors where an answer is not what the client's types say. */
export function checkAnswers(
  answers: readonly { readonly name: string; readonly answer: unknown }[],
): string {
  const lines = answers.map(
    ({ name, answer }, i) =>
      `export const answer${i} = ${JSON.stringify(answer)} satisfies ${typeOf(name)}['answer'];`,
  );
  return BEGINNING + lines.join('\n');
}

/** @returns the codes of the failures that this answer may be. */
function codesOf({ anyOf = [] }: Schema): readonly unknown[] {
  return anyOf.flatMap(({ properties }) => properties?.errorCode?.enum ?? []);
}

function requestOf({ requestBody, parameters = [] }: Route['operation']): Schema {
  if (requestBody) return requestBody.content['application/json'].schema;
  const query = parameters.filter((parameter) => parameter.in === 'query');
  return {
    type: 'object',
    properties: Object.fromEntries(query.map(({ name, schema }) => [name, schema])),
    required: query.filter(({ required }) => required).map(({ name }) => name),
  };
}

/** Writes a schema as a type. In a request, and in a full answer, nothing is optional: there names are compared. */
function write(schema: Schema, what: 'answer' | 'full answer' | 'request'): string {
  if (schema.anyOf) return schema.anyOf.map((one) => write(one, what)).join(' | ');
  if (schema.const !== undefined && typeof schema.const === 'boolean' && what !== 'request')
    return String(schema.const);
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
    case 'null':
      return schema.type;
    case 'array':
      return `readonly (${write(schema.items ?? {}, what)})[]`;
    case 'object':
      return writeObject(schema, what);
    default:
      return 'unknown';
  }
}

function writeObject(schema: Schema, what: 'answer' | 'full answer' | 'request'): string {
  const { properties, required = [], additionalProperties } = schema;
  // Open on purpose: the schema says nothing of the rest.
  if (additionalProperties === true) return 'any';
  if (!properties) return 'Readonly<Record<string, unknown>>';
  const members = Object.entries(properties).map(([name, member]) => {
    const mark = what === 'answer' && !required.includes(name) ? '?' : '';
    return `${name}${mark}: ${write(member, what)}`;
  });
  return `{ ${members.join('; ')} }`;
}

/** Type-checks a program as a strict project would. @returns what the compiler says, nothing where all is well. */
export function typeCheck(program: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'purser-types-'));
  try {
    writeFileSync(path.join(folder, 'program.mts'), program);
    const config = {
      extends: path.join(root, 'tsconfig.json'),
      compilerOptions: {
        types: ['node'],
        typeRoots: [path.join(root, 'node_modules', '@types')],
        noUnusedLocals: false,
      },
      include: ['program.mts'],
    };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = path.join(root, 'node_modules', '.bin', 'tsc');
    const { stdout, stderr, error } = spawnSync(tsc, ['-p', folder], { encoding: 'utf8' });
    return `${error ?? ''}${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
