import type { FastifySchemaValidationError } from 'fastify';
import type { Fault } from '../refusals.ts';
import { FORMATS, PATTERN_MESSAGES } from './formats.ts';
import { InexactNumber } from './parse-json.ts';

const TYPE_MESSAGES: Readonly<Record<string, string>> = {
  string: 'must be a string',
  number: 'must be a number',
  integer: 'must be a whole number',
  boolean: 'must be true or false',
  object: 'must be an object',
  array: 'must be a list',
};

/** An ajv error: `data` is there because we ask for verbose errors. */
interface SchemaError extends FastifySchemaValidationError {
  readonly data?: unknown;
}

/** Turns what the schema validator found into faults that a person understands, at most one a place and kind. */
export function faultsOf(errors: readonly SchemaError[]): Fault[] {
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const error of errors) {
    const fault = faultOf(error);
    const identity = `${fault.pointer} ${fault.message}`;
    if (!seen.has(identity)) faults.push(fault);
    seen.add(identity);
  }
  return faults;
}

function faultOf(error: SchemaError): Fault {
  const { instancePath, keyword, params, data } = error;
  switch (keyword) {
    case 'required':
      return {
        pointer: `${instancePath}/${escapePointer(String(params.missingProperty))}`,
        message: 'is required',
      };
    case 'exactlyOneOf':
      return oneOfFault(instancePath, params.members as readonly string[], Number(params.count));
    case 'atLeastOneOf':
      return { pointer: instancePath, message: `must have at least one of ${namesOf(params.members)}` };
    case 'type':
      return { pointer: instancePath, message: typeMessage(String(params.type), data) };
    default:
      return {
        pointer: instancePath,
        message: limitMessage(keyword, params) ?? error.message ?? 'is not valid',
      };
  }
}

/** The first of the members is the usual one: where none is there, it is the one that is missing. */
function oneOfFault(at: string, members: readonly string[], count: number): Fault {
  if (count > 0) return { pointer: at, message: `must have exactly one of ${members.join(', ')}` };
  const [usual = '', ...others] = members;
  return {
    pointer: `${at}/${escapePointer(usual)}`,
    message: `is required, or ${others.join(' or ')} instead`,
  };
}

/** @param types one, or several with commas between them, as ajv tells a union. */
function typeMessage(types: string, data: unknown): string {
  const [type = '', ...others] = types.split(',');
  if (others.includes('null')) return `${typeMessage(type, data)}, or null`;
  if (data instanceof InexactNumber && (type === 'number' || type === 'integer'))
    return 'must be a number with at most 15 significant digits and 6 decimal places';
  return TYPE_MESSAGES[type] ?? 'has a wrong type';
}

function limitMessage(keyword: string, params: Record<string, unknown>): string | undefined {
  const limit = Number(params.limit);
  const shown = limit.toLocaleString('en-US', { maximumFractionDigits: 6 });
  switch (keyword) {
    case 'exclusiveMinimum':
      return `must be greater than ${shown}`;
    case 'minimum':
      return `must be at least ${shown}`;
    case 'maximum':
      return `must be at most ${shown}`;
    case 'minLength':
      return limit === 1 ? 'must not be empty' : `must have at least ${shown} characters`;
    case 'minItems':
      return `must have at least ${shown} ${limit === 1 ? 'member' : 'members'}`;
    case 'maxItems':
      return `must have at most ${shown} members`;
    case 'maxLength':
      return `must have at most ${shown} characters`;
    case 'format':
      return isFormat(params.format) ? FORMATS[params.format].message : undefined;
    case 'pattern':
      return PATTERN_MESSAGES[String(params.pattern)];
    default:
      return undefined;
  }
}

function isFormat(name: unknown): name is keyof typeof FORMATS {
  return typeof name === 'string' && Object.hasOwn(FORMATS, name);
}

function namesOf(members: unknown): string {
  return Array.isArray(members) ? members.join(', ') : '';
}

/** A member's name inside a JSON pointer (RFC 6901). */
function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
