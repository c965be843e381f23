/** Work of which one piece is done at a time, in the order in which it came. */
export interface WorkQueue {
  /** Does a piece of work after those before it, also if they failed. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when all that has come so far is done. Never rejects. */
  idle(): Promise<void>;
}

/** Starts empty. */
export function createWorkQueue(): WorkQueue {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(work) {
      const done = last.then(work);
      last = done.catch(() => undefined); // whoever gave the work has the error
      return done;
    },
    async idle() {
      await last;
    },
  };
}
