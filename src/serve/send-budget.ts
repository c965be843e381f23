import { systemClock } from "../lib/clock.js";

/** Decides when a large response may be written, so that not all streams hold a copy of one at once. */
export interface SendBudget {
  /**
   * Calls `write` now or later. What it is given is to be called when the transport has taken the
   * response, or when the stream has ended.
   */
  take(bytes: number, write: (written: () => void) => void): void;
}

export interface SendBudgetOptions {
  /** Responses wait while more bytes than this are on their way. Default: 16 MiB. */
  readonly maxBytes?: number;
  /** Responses up to this size never wait. Default: 64 KiB. */
  readonly smallBytes?: number;
  /**
   * A response that the client does not read holds others up for this long, in milliseconds. Default:
   * 500.
   */
  readonly patienceMs?: number;
  /** Calls `action` later, unless what it gives is called first. Default: a timer. */
  readonly after?: (delayMs: number, action: () => void) => () => void;
}

/**
 * Creates the budget of one server. The transport copies each response for each stream and keeps the
 * copy until the client has read it: a fleet that connects at once, to be sent megabytes each, would
 * take more memory than all that is served.
 */
export function createSendBudget(options: SendBudgetOptions = {}): SendBudget {
  const { maxBytes = 16 * 1024 * 1024, smallBytes = 64 * 1024, patienceMs = 500 } = options;
  const after = options.after ?? systemClock.after;
  const waiting: (() => void)[] = [];
  let onTheirWay = 0;
  let isWriting = false;

  const writeNext = (): void => {
    // A stream that has ended gives its share back while it is being written to.
    if (isWriting) return;
    isWriting = true;
    try {
      while (onTheirWay < maxBytes) {
        const next = waiting.shift();
        if (next === undefined) break;
        next();
      }
    } finally {
      isWriting = false;
    }
  };

  return {
    take(bytes, write) {
      if (bytes <= smallBytes) {
        write(() => undefined);
        return;
      }
      waiting.push(() => {
        onTheirWay += bytes;
        let holds = true;
        const release = (): void => {
          if (!holds) return;
          holds = false;
          cancel();
          onTheirWay -= bytes;
          writeNext();
        };
        const cancel = after(patienceMs, release);
        write(release);
      });
      writeNext();
    },
  };
}
