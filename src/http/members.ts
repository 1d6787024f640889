import type { preValidationHookHandler } from 'fastify';
import { type Fault, Refusal, validationFailed } from '../refusals.ts';

/** As much of a JSON schema as is looked at here. */
export interface ObjectSchema {
  readonly type?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, ObjectSchema>>;
  readonly items?: ObjectSchema;
}

type Members = Record<string, unknown>;

/** Makes the hook that drops `null` from the optional members of a body, where it means absent. */
export function dropNulls(schema: ObjectSchema): preValidationHookHandler {
  const drop = createDropNulls(schema);
  return (request, _reply, done) => {
    drop(request.body as Members);
    done();
  };
}

/**
 * Makes what drops `null` from the optional members of an object, and of objects in it or in its lists, but for those
 * whose schema knows a null.
 */
export function createDropNulls(schema: ObjectSchema): (members: Members) => void {
  const { properties = {}, required = [] } = schema;
  const optional = Object.entries(properties)
    .filter(([name, { type }]) => !required.includes(name) && !(Array.isArray(type) && type.includes('null')))
    .map(([name]) => name);
  const inner = Object.entries(properties).flatMap(([name, { items, ...property }]) => {
    const within = items ?? property;
    const hasMembers = within.type === 'object' && within.properties !== undefined;
    return hasMembers ? [{ name, isList: items !== undefined, drop: createDropNulls(within) }] : [];
  });
  return (members) => {
    for (const name of optional) if (members[name] === null) delete members[name];
    for (const { name, isList, drop } of inner) {
      const value = members[name];
      const values: unknown[] = isList && Array.isArray(value) ? value : [value];
      for (const each of values) if (isObject(each)) drop(each);
    }
  };
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const WHOLE_NUMBER = /^-?\d{1,15}$/;

/**
 * Makes the hook that turns the query's texts into members: a parameter that stands there twice with one value is
 * one, whole numbers, true and false are read strictly. What cannot be read stays as it is and fails the schema.
 */
export function readQuery(schema: ObjectSchema): preValidationHookHandler {
  const properties = Object.entries(schema.properties ?? {});
  return (request, _reply, done) => {
    const given = request.query as Members;
    const members: Members = {};
    const faults: Fault[] = [];
    for (const [name, property] of properties) {
      const value = singleValue(given[name]);
      if (value === undefined) continue;
      if (value === AMBIGUOUS) faults.push({ pointer: `/${name}`, message: 'must not be there twice' });
      else if (property.type === 'integer' && WHOLE_NUMBER.test(value)) members[name] = Number(value);
      else if (property.type === 'boolean' && (value === 'true' || value === 'false'))
        members[name] = value === 'true';
      else members[name] = value;
    }
    request.query = members;
    done(faults.length > 0 ? validationFailed(faults) : undefined);
  };
}

const AMBIGUOUS = Symbol('different values');

function singleValue(value: unknown): string | typeof AMBIGUOUS | undefined {
  if (!Array.isArray(value)) return typeof value === 'string' ? value : undefined;
  const [first, ...others]: string[] = value;
  return others.every((other) => other === first) ? first : AMBIGUOUS;
}

/** Refuses an Idempotency-Key of a request whose members have one each: it could mean all of them or none. */
export const refuseIdempotencyKey: preValidationHookHandler = (request, _reply, done) => {
  const given = request.headers['idempotency-key'] !== undefined;
  const reason = 'a batch has an idempotencyKey for each member, not the header Idempotency-Key';
  done(given ? new Refusal('PUBLIC_REQUEST_IS_NOT_VALID_JSON', { reason }) : undefined);
};

/** Refuses a POST without a body, which no content type parser ever sees. */
export const requireBody: preValidationHookHandler = (request, _reply, done) => {
  const reason = 'the request has no body';
  done(request.body === undefined ? new Refusal('PUBLIC_REQUEST_IS_NOT_VALID_JSON', { reason }) : undefined);
};
