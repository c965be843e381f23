import { backoffMs, type BackoffOptions } from "../../lib/backoff.js";
import type { Clock } from "../../lib/clock.js";
import type { Endpoint } from "../../model/endpoints.js";
import type { EndpointSource, EndpointWatch } from "../../translate/plugin.js";
import { readEndpoints } from "./read-endpoints.js";
import type { UpstreamFeed } from "./upstream-feed.js";

/** What a source's run has effects through. */
export interface SourceRun {
  readonly source: EndpointSource;
  readonly feed: UpstreamFeed;
  /** Sound endpoints of one of the feed's upstreams. */
  readonly onEndpoints: (upstream: string, endpoints: readonly Endpoint[]) => void;
  /** About one upstream or, without one, about the source. Undefined: all is well. */
  readonly onProblem: (upstream: string | undefined, problem: string | undefined) => void;
  readonly clock: Clock;
  /** From 0 up to 1, for the spread of waits. */
  readonly random: () => number;
  readonly backoff: BackoffOptions;
  readonly signal: AbortSignal;
}

/** Runs a source until the signal is aborted, again and again if need be. Never rejects. */
export async function runSource(run: SourceRun): Promise<void> {
  let failures = 0;
  while (!run.signal.aborted) {
    const attempt = new AbortController();
    const end = (): void => {
      attempt.abort();
    };
    run.signal.addEventListener("abort", end);
    const problem = await runOnce(run, attempt.signal, () => {
      failures = 0;
      run.onProblem(undefined, undefined);
    });
    run.signal.removeEventListener("abort", end);
    // What it left running can report nothing any more.
    attempt.abort();
    if (run.signal.aborted) return;
    run.onProblem(undefined, problem);
    await wait(run, backoffMs(++failures, run.backoff, run.random));
  }
}

/** Gives why it ended. `onSuccess` is called with every report. */
async function runOnce(
  { source, feed, onEndpoints, onProblem }: SourceRun,
  signal: AbortSignal,
  onSuccess: () => void,
): Promise<string> {
  const isOurs = (upstream: string): boolean => !signal.aborted && feed.has(upstream);
  const watch: EndpointWatch = {
    signal,
    upstreams: () => feed.current(),
    changedFrom: (seen) => feed.changedFrom(seen, signal),
    report(upstream, reported) {
      if (!isOurs(upstream)) return;
      const { endpoints, problem } = readEndpoints(reported);
      onSuccess();
      onProblem(upstream, problem);
      // What is wholly wrong is no news of an upstream that has lost all of its endpoints.
      if (endpoints.length > 0 || problem === undefined) onEndpoints(upstream, endpoints);
    },
    reportProblem(upstream, problem) {
      if (isOurs(upstream)) onProblem(upstream, problem);
    },
  };
  try {
    await source.watch(watch);
    return "it ended";
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return message.split("\n", 1)[0] || "it failed, and does not say why";
  }
}

function wait({ clock, signal }: SourceRun, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, end);
    function end(): void {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    }
    signal.addEventListener("abort", end);
  });
}
