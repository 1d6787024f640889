import { CommanderError } from 'commander';
import { ConfigError } from '../config.ts';
import { type Fault, REFUSALS, Refusal } from '../refusals.ts';
import { NotThereError, RefusedError, UsageError } from './answer.ts';

/** How the command ends: 1 where it could not be done, 2 where the command line was wrong. */
interface ToldError {
  readonly exitCode: 1 | 2;
  readonly text: string;
  /** JSON text. */
  readonly json: string;
}

/** Errors whose messages are written for an operator. */
const OPERATOR_ERRORS = new Set([
  'CommitInDoubtError',
  'EmbeddedError',
  'InterruptedError',
  'MigrationError',
  'ServeError',
  'UnsafeDatabaseError',
]);

/** What the command line calls the members that refusals point at; others are options of the same name. */
const NAME_OF: Readonly<Record<string, string>> = {
  expiresAt: '--expires',
  expirationDate: '--expires',
  scopes: '--scope',
  overlapMs: '--overlap',
  amountMoney: '--money',
  debtLimit: '--debt',
  monthlySoftLimit: '--monthly-soft',
  monthlyHardLimit: '--monthly-hard',
  apiKey: 'The ID',
  groups: '--group',
  returnedLifeLeastDays: '--returned-life-least',
  returnedLifeMostDays: '--returned-life-most',
};

/** @returns what to tell about an error, without a stack. */
export function describeError(error: unknown): ToldError {
  if (error instanceof RefusedError) return describeRefused(error);
  if (error instanceof Refusal) return describeRefusal(error);
  if (error instanceof CommanderError) return told(2, 'USAGE', wordsOf(error));
  if (error instanceof UsageError) return told(2, 'USAGE', error.message);
  if (error instanceof NotThereError) return told(1, 'INTERNAL_RESOURCE_NOT_FOUND', error.message);
  if (error instanceof ConfigError) return told(2, 'CONFIGURATION', error.message);
  if (!(error instanceof Error)) return told(1, 'UNEXPECTED', String(error));
  if (OPERATOR_ERRORS.has(error.name)) return told(1, 'NOT_POSSIBLE', error.message);
  if (isConnectionError(error)) {
    const reason = reasonsOf(error);
    return told(1, 'DATABASE', `The database could not be used: ${reason}`);
  }
  const advice = 'Nothing more is known; LOG_LEVEL=debug before the command shows what happened.';
  return told(1, 'UNEXPECTED', `Unexpected error: ${error.message}\n${advice}`);
}

/** Where a command is missing, commander shows the help and has no words of its own. */
function wordsOf({ code, message }: CommanderError): string {
  return code === 'commander.help'
    ? 'A command is missing; --help lists them.'
    : message.replace(/^error: /, '');
}

/** @returns the exit code that commander's own error stands for: asked-for help is none. */
export function exitCodeOf(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : 2;
}

function describeRefusal(refusal: Refusal): ToldError {
  const { message, description, whatToDo } = REFUSALS[refusal.code];
  const error = { code: refusal.code, message, description, ...refusal.details };
  const json = JSON.stringify({ success: false, error });
  if (refusal.code === 'INTERNAL_VALIDATION_FAILED') return describeFaults(refusal.details.errors, json);
  return { exitCode: 1, json, text: `${message} ${description}\n${whatToDo}` };
}

/** What the ledger has decided comes as the body that the API would answer. */
function describeRefused({ message, body }: RefusedError): ToldError {
  const { error } = JSON.parse(body) as { error: { errors?: unknown } };
  return error.errors === undefined
    ? { exitCode: 1, text: message, json: body }
    : describeFaults(error.errors, body);
}

function describeFaults(errors: unknown, json: string): ToldError {
  const faults = Array.isArray(errors) ? (errors as readonly Fault[]) : [];
  return { exitCode: 2, json, text: faults.map(tellFault).join('\n') };
}

function tellFault({ pointer, message }: Fault): string {
  // What lies within a member came with the option of the whole.
  const [, member = ''] = pointer.split('/');
  const option = member.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `${NAME_OF[member] ?? `--${option}`} ${message}.`;
}

function told(exitCode: 1 | 2, code: string, message: string): ToldError {
  return { exitCode, text: message, json: JSON.stringify({ success: false, error: { code, message } }) };
}

/** Errors of the network, of TLS and of PostgreSQL carry a code; errors in our code do not. */
function isConnectionError(error: Error): boolean {
  return error instanceof AggregateError || 'code' in error || /timeout|terminated/i.test(error.message);
}

/** A name with several addresses fails once for each; the sum of them has no message of its own. */
function reasonsOf(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message;
  return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ');
}
