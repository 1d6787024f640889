/**
 * PostgreSQL array literals. The driver's own conversion of arrays tests every element for its type and costs
 * more than the rest of a batch; a column of ours has one type, known here.
 */

/** A column of numbers, bigints or null; 1 and 0 are read as booleans too. */
export function numberArray(values: readonly (number | bigint | null)[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ',';
    const value = values[i];
    text += value === null || value === undefined ? 'NULL' : value;
  }
  return `${text}}`;
}

/** A column of texts or null, of any content but U+0000. */
export function textArray(values: readonly (string | null | undefined)[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ',';
    const value = values[i];
    text += value === null || value === undefined ? 'NULL' : quoted(value);
  }
  return `${text}}`;
}

const NEEDS_ESCAPE = /["\\]/;

function quoted(value: string): string {
  return NEEDS_ESCAPE.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`;
}
