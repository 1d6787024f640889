const SLOW_MS = 2_000;
const LEAVE_ALONE_MS = 30_000;

/**
 * Remembers who hangs. A job that waits for somebody takes one of few places, so one server that does not answer would
 * hold up the jobs for all others: while it hangs, one job at a time waits for it, and the rest fail at once.
 */
export class HangingPartners {
  readonly #slowMs: number;
  readonly #leaveAloneMs: number;
  /** Until when each is left alone, as performance.now() counts. */
  readonly #until = new Map<string, number>();

  /**
   * @param slowMs a failure that took so long counts as hanging.
   * @param leaveAloneMs how long the partner is then not asked.
   */
  constructor(slowMs = SLOW_MS, leaveAloneMs = LEAVE_ALONE_MS) {
    this.#slowMs = slowMs;
    this.#leaveAloneMs = leaveAloneMs;
  }

  /**
   * Does what needs a partner.
   *
   * @param partner any name that tells it from others.
   * @throws what `work` throws; Error at once while the partner hangs.
   */
  async reach<T>(partner: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const until = this.#until.get(partner);
    if (until !== undefined) {
      if (startedAt < until) throw new Error('it did not answer a moment ago, so it was not asked again');
      this.#until.set(partner, startedAt + this.#leaveAloneMs);
    }
    try {
      const result = await work();
      this.#until.delete(partner);
      return result;
    } catch (error) {
      const now = performance.now();
      if (now - startedAt >= this.#slowMs) this.#until.set(partner, now + this.#leaveAloneMs);
      else this.#until.delete(partner);
      throw error;
    }
  }
}
