import Schema from 'typebox/schema';
import { memberOf } from '../access/world.ts';

/** As much of a JSON schema as requests are made from. */
export interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly items?: ValueSchema;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exactlyOneOf?: readonly string[];
  readonly atLeastOneOf?: readonly string[];
}

/** One operation of the OpenAPI document. */
export interface Operation {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The members of the body, or the parameters of the query as members. */
  readonly members: ValueSchema;
  readonly needsKey: boolean;
  /** Documented statuses, with what checks an answer's body. */
  readonly answers: ReadonlyMap<number, (body: unknown) => string | undefined>;
}

/** Reads the operations out of the document as a client would. */
export function readOperations(document: unknown): Operation[] {
  const operations: Operation[] = [];
  for (const [path, item] of Object.entries(Object(memberOf(document, 'paths')))) {
    for (const method of ['get', 'post'] as const) {
      const operation = memberOf(item, method);
      if (operation !== undefined) operations.push(readOperation(path, method, operation));
    }
  }
  return operations;
}

function readOperation(path: string, method: 'get' | 'post', operation: unknown): Operation {
  const security = memberOf(operation, 'security');
  return {
    name: `${method.toUpperCase()} ${path}`,
    method: method === 'get' ? 'GET' : 'POST',
    path,
    members: method === 'get' ? queryMembers(operation) : bodyMembers(operation),
    needsKey: Array.isArray(security) && security.length > 0,
    answers: new Map(
      Object.entries(Object(memberOf(operation, 'responses'))).map(([status, response]) => [
        Number(status),
        checkerOf(jsonSchemaOf(response)),
      ]),
    ),
  };
}

function bodyMembers(operation: unknown): ValueSchema {
  return Object(jsonSchemaOf(memberOf(operation, 'requestBody'))) as ValueSchema;
}

function queryMembers(operation: unknown): ValueSchema {
  const parameters = memberOf(operation, 'parameters');
  const properties: Record<string, ValueSchema> = {};
  const required: string[] = [];
  for (const parameter of Array.isArray(parameters) ? parameters : []) {
    if (memberOf(parameter, 'in') !== 'query') continue;
    const name = String(memberOf(parameter, 'name'));
    properties[name] = Object(memberOf(parameter, 'schema')) as ValueSchema;
    if (memberOf(parameter, 'required') === true) required.push(name);
  }
  return { type: 'object', properties, required };
}

function jsonSchemaOf(message: unknown): unknown {
  return memberOf(memberOf(memberOf(message, 'content'), 'application/json'), 'schema');
}

/** @returns a check that says what is wrong with a body, if anything. */
function checkerOf(schema: unknown): (body: unknown) => string | undefined {
  if (typeof schema !== 'object' || schema === null) return () => 'its schema is not documented';
  const validator = Schema.Compile(schema);
  return (body) => (validator.Check(body) ? undefined : JSON.stringify(validator.Errors(body)[1]));
}
