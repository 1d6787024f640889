const SAME_SIGNAL_MS = 1_000;

/** What is to be done about signals that ask the process to end. */
export interface StopSignalListener {
  /** The first one. */
  stop(signal: NodeJS.Signals): void;
  /** Another one, from somebody who does not want to wait. */
  force(): void;
}

/**
 * Listens for Ctrl-C and SIGTERM. What comes within a second of the first one is that one again: a terminal, and systemd
 * too, signals npm and its child alike, and npm passes on what it gets.
 *
 * @returns a function that ends it.
 */
export function listenForStopSignal(listener: StopSignalListener): () => void {
  let firstAtMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      listener.stop(signal);
    } else if (performance.now() - firstAtMs > SAME_SIGNAL_MS) listener.force();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return () => process.removeListener('SIGTERM', onSignal).removeListener('SIGINT', onSignal);
}
