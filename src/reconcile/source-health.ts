import type { Clock } from "../lib/clock.js";
import type { SourceError } from "../source/source-error.js";
import type { SourceTrouble } from "./reconciler.js";

/** Whether the repository can be read, and since when not. */
export interface SourceHealth {
  readonly lastOkAtMs: number | undefined;
  readonly trouble: SourceTrouble | undefined;
  ok(): void;
  failed(cause: SourceError): void;
}

/** Starts without having tried. */
export function createSourceHealth(clock: Pick<Clock, "now">): SourceHealth {
  let lastOkAtMs: number | undefined;
  let trouble: SourceTrouble | undefined;
  return {
    get lastOkAtMs() {
      return lastOkAtMs;
    },
    get trouble() {
      return trouble;
    },
    ok() {
      lastOkAtMs = clock.now();
      trouble = undefined;
    },
    failed({ code, message }) {
      trouble = {
        code,
        message,
        sinceMs: trouble?.sinceMs ?? clock.now(),
        attempts: (trouble?.attempts ?? 0) + 1,
      };
    },
  };
}
