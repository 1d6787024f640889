import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * Makes the process's log, one JSON object a line.
 *
 * @param level the least important level that is written.
 * @param to `stderr` for programs whose standard output is their answer.
 */
export function createLog(level: string, to: 'stdout' | 'stderr'): Logger {
  // Synchronous, so that the last line before an exit is not lost.
  const destination: DestinationStream = pino.destination({ fd: to === 'stdout' ? 1 : 2, sync: true });
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // PostgreSQL repeats the offending values in its details, such as a customer's e-mail address.
      redact: ['err.detail', 'err.where', 'err.internalQuery'],
    },
    destination,
  );
}
