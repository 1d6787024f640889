import type { FastifyServerOptions } from 'fastify';
import { FORMATS } from './formats.ts';

/** ajv comes with Fastify, which says what it is. */
type AddToValidator = NonNullable<NonNullable<FastifyServerOptions['ajv']>['onCreate']>;

/** Teaches the schema validator the words that JSON Schema lacks. */
export const addSchemaWords: AddToValidator = (ajv) => {
  for (const [name, format] of Object.entries(FORMATS)) ajv.addFormat(name, format);
  ajv.addKeyword({
    keyword: 'exactlyOneOf',
    type: 'object',
    schemaType: 'array',
    validate: createCount('exactlyOneOf', (count) => count === 1),
    errors: true,
  });
  ajv.addKeyword({
    keyword: 'atLeastOneOf',
    type: 'object',
    schemaType: 'array',
    validate: createCount('atLeastOneOf', (count) => count >= 1),
    errors: true,
  });
};

/** So many of these members must be there. ajv takes the errors from the function itself. */
function createCount(keyword: string, isRight: (count: number) => boolean) {
  const validate = (members: readonly string[], object: Record<string, unknown>): boolean => {
    const count = members.filter((member) => object[member] !== undefined).length;
    if (isRight(count)) return true;
    validate.errors = [{ keyword, message: '', params: { members, count } }];
    return false;
  };
  validate.errors = [] as object[];
  return validate;
}
