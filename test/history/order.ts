import type { Operation } from './record.ts';

interface Span {
  readonly version: number;
  readonly sentAtMs: number;
  /** When its success was first known, if it ever was. */
  readonly answeredAtMs: number;
}

/** What was done to one account in real time: what was answered before another was asked for came before it. */
export class Order {
  readonly #spans: Span[] = [];
  #answered: readonly { readonly atMs: number; readonly version: number }[] | undefined;
  #sent: readonly { readonly atMs: number; readonly version: number }[] | undefined;

  add({ attempts }: Operation, version: number): void {
    const sentAtMs = Math.min(...attempts.map((attempt) => attempt.sentAtMs));
    const answeredAtMs = Math.min(
      ...attempts.flatMap(({ result, answeredAtMs: atMs }) =>
        result.kind === 'answered' && result.status === 200 ? [atMs] : [],
      ),
    );
    this.#spans.push({ version, sentAtMs, answeredAtMs });
  }

  /** @returns pairs that stand in the wrong order. */
  faults(): string[] {
    const faults: string[] = [];
    let latest: Span | undefined;
    for (const span of this.#spans.toSorted((a, b) => a.version - b.version)) {
      if (latest && span.answeredAtMs < latest.sentAtMs) {
        faults.push(`version ${span.version} was answered before version ${latest.version} was asked for`);
      }
      if (!latest || span.sentAtMs > latest.sentAtMs) latest = span;
    }
    return faults;
  }

  /** @returns the highest version that was answered before this instant, or 0. */
  lastBefore(atMs: number): number {
    this.#answered ??= runningBest(this.#spans, (span) => span.answeredAtMs, Math.max, 0);
    return lastAt(this.#answered, atMs)?.version ?? 0;
  }

  /** @returns the highest version that may have stood at this instant. @param last the account's last. */
  firstAfter(atMs: number, last: number): number {
    const negated = this.#spans.map((span) => ({ ...span, sentAtMs: -span.sentAtMs }));
    this.#sent ??= runningBest(negated, (span) => span.sentAtMs, Math.min, Number.POSITIVE_INFINITY);
    const lowest = lastAt(this.#sent, -atMs)?.version;
    return lowest === undefined ? last : lowest - 1;
  }
}

function runningBest(
  spans: readonly Span[],
  instantOf: (span: Span) => number,
  better: (a: number, b: number) => number,
  start: number,
): { atMs: number; version: number }[] {
  let best = start;
  return spans
    .map((span) => ({ atMs: instantOf(span), version: span.version }))
    .filter(({ atMs }) => Number.isFinite(atMs))
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ atMs, version }) => {
      best = better(best, version);
      return { atMs, version: best };
    });
}

/** @returns the last of these at or before an instant. */
function lastAt<T extends { readonly atMs: number }>(sorted: readonly T[], atMs: number): T | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.atMs ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}
