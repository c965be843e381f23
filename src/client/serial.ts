/** Runs what it is given one after the other, in the order in which it was given. */
export function createSerial(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    // Whoever waits for this one sees its error; the next one only waits for its end.
    last = next.catch(() => undefined);
    return next;
  };
}
