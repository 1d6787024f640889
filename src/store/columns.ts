import { type NumberType, numberArray, textArray, uuidArray } from './array-parameter.ts';

/** A column that a batch writes, one array parameter for all its rows. */
export interface Column<Row> {
  readonly name: string;
  readonly type: NumberType | 'text' | 'uuid';
  /** Its value in a row; null and undefined are NULL. */
  readonly pick: (row: Row) => number | bigint | string | null | undefined;
}

/** @returns a function that makes columns of one kind of row. */
export function columnsOf<Row>() {
  return (name: string, type: Column<Row>['type'], pick: Column<Row>['pick']): Column<Row> => ({
    name,
    type,
    pick,
  });
}

/** @returns the names as they stand in a list of columns. */
export function namesOf(columns: readonly Pick<Column<never>, 'name'>[]): string {
  return columns.map(({ name }) => name).join(', ');
}

/** @returns the arrays as they stand in `unnest(...)`, from this parameter on. */
export function arraysOf(columns: readonly Pick<Column<never>, 'type'>[], first = 1): string {
  return columns.map(({ type }, i) => `$${first + i}::${type}[]`).join(', ');
}

/** @returns the array parameter of a column. @throws RangeError where a number is beyond 2^53. */
export function arrayParameter<Row>({ type, pick }: Column<Row>, rows: readonly Row[]): Buffer {
  const values = rows.map(pick);
  if (type === 'text') return textArray(values as (string | null | undefined)[]);
  if (type === 'uuid') return uuidArray(values as (string | null | undefined)[]);
  return numberArray(values as (number | bigint | null | undefined)[], type);
}
