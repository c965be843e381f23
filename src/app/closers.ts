/** What has been opened, and how to close it again, last first. */
export interface Closers {
  add(name: string, close: () => Promise<void> | void): void;
  /** Closes all of it, each although another failed to. A second call waits for the first. */
  closeAll(): Promise<void>;
}

/** `onFailure` is told of what could not be closed. */
export function createClosers(onFailure: (name: string, cause: unknown) => void): Closers {
  const open: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  let closing: Promise<void> | undefined;
  const closeEach = async (): Promise<void> => {
    for (let last = open.pop(); last !== undefined; last = open.pop()) {
      try {
        await last.close();
      } catch (cause) {
        onFailure(last.name, cause);
      }
    }
  };
  return {
    add: (name, close) => void open.push({ name, close }),
    closeAll: () => (closing ??= closeEach()),
  };
}
