import type { Guard } from "./guard.js";
import type { Hold } from "./hold.js";
import type { ChangeWindow } from "./parse-window.js";

/**
 * Keeps changes back until a time comes at which they may go live: within one of the windows that
 * allow, if there are any, and within none that denies. A revert to what was live before may at any
 * time: whatever went wrong, the way back is open.
 */
export function createChangeWindowGuard(windows: readonly ChangeWindow[]): Guard {
  return {
    holdOf({ nowMs, isKnownGood }): Hold | undefined {
      if (isKnownGood || isOpen(windows, nowMs)) return undefined;
      const untilMs = nextOpening(windows, nowMs);
      const why = isDenied(windows, nowMs)
        ? "changes are denied at this time"
        : "it is outside of the change windows";
      return { kind: "window", why, ...(untilMs === undefined ? {} : { untilMs }) };
    },
  };
}

/** Whether changes may go live at a time. */
export function isOpen(windows: readonly ChangeWindow[], atMs: number): boolean {
  const allowing = windows.filter(({ kind }) => kind === "allow");
  const isAllowed = allowing.length === 0 || allowing.some((one) => endAt(one, atMs) !== undefined);
  return isAllowed && !isDenied(windows, atMs);
}

/** Steps to an opening at most: windows that never leave a gap must not keep anybody searching. */
const maxSteps = 1_000;

/** When changes may go live for the first time after a time at which they may not; undefined: unknown. */
export function nextOpening(windows: readonly ChangeWindow[], atMs: number): number | undefined {
  const denying = windows.filter(({ kind }) => kind === "deny");
  const allowing = windows.filter(({ kind }) => kind === "allow");
  let timeMs = atMs;
  for (let step = 0; step < maxSteps; step++) {
    if (isOpen(windows, timeMs)) return timeMs;
    const deniedUntil = denying.flatMap((one) => endAt(one, timeMs) ?? []);
    const starts = allowing.flatMap((one) => one.nextStart(timeMs) ?? []);
    const next = deniedUntil.length > 0 ? Math.max(...deniedUntil) : Math.min(...starts);
    if (!Number.isFinite(next) || next <= timeMs) return undefined;
    timeMs = next;
  }
  return undefined;
}

function isDenied(windows: readonly ChangeWindow[], atMs: number): boolean {
  return windows.some((one) => one.kind === "deny" && endAt(one, atMs) !== undefined);
}

/** When a window that is open at a time closes, as far as its last start says. */
function endAt({ lastStart, durationMs }: ChangeWindow, atMs: number): number | undefined {
  const startMs = lastStart(atMs);
  return startMs !== undefined && atMs < startMs + durationMs ? startMs + durationMs : undefined;
}
