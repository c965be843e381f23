import type { CommitDetail } from "../../admin/api-types.js";

/** Milliseconds in short: `12 ms`, `3.4 s`; empty where there are none. */
export function msOf(ms: number | undefined): string {
  if (ms === undefined) return "";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** All that the control plane itself took; undefined: nothing was measured. */
export function ownMs(durations: CommitDetail["durations"]): number | undefined {
  const { firstAck: _first, allAcks: _all, ...own } = durations;
  const times = Object.values(own);
  return times.length === 0 ? undefined : times.reduce((sum, ms) => sum + ms, 0);
}
