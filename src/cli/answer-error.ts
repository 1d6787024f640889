import type { CommanderError } from 'commander';
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

/** Errors of the start, whose messages are written for an operator. */
const OPERATOR_ERRORS = new Set(['EmbeddedError', 'MigrationError', 'UnsafeDatabaseError', 'ServeError']);

/** What the command line calls the members that refusals point at; others are called by their own name. */
const OPTION_OF: Readonly<Record<string, string>> = {
  expiresAt: 'expires',
  expirationDate: 'expires',
  scopes: 'scope',
  overlapMs: 'overlap',
  amountMoney: 'money',
  debtLimit: 'debt',
};

/** @returns what to tell about an error, without a stack. */
export function describeError(error: unknown): ToldError {
  if (error instanceof RefusedError) return { exitCode: 1, text: error.message, json: error.body };
  if (error instanceof Refusal) return describeRefusal(error);
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

/** @returns the exit code that commander's own error stands for: asked-for help is none. */
export function exitCodeOf(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : 2;
}

function describeRefusal(refusal: Refusal): ToldError {
  const { message, description, whatToDo } = REFUSALS[refusal.code];
  const error = { code: refusal.code, message, description, ...refusal.details };
  const json = JSON.stringify({ success: false, error });
  if (refusal.code === 'INTERNAL_VALIDATION_FAILED') {
    const faults = (refusal.details.errors ?? []) as readonly Fault[];
    return { exitCode: 2, json, text: faults.map((fault) => tellFault(fault)).join('\n') };
  }
  return { exitCode: 1, json, text: `${message} ${description}\n${whatToDo}` };
}

function tellFault({ pointer, message }: Fault): string {
  const member = pointer.split('/').pop() ?? '';
  const option = OPTION_OF[member] ?? member.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${option} ${message}.`;
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
