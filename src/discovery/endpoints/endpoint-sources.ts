import type { BackoffOptions } from "../../lib/backoff.js";
import type { Clock } from "../../lib/clock.js";
import type { EndpointsByUpstream } from "../../model/endpoints.js";
import type { Upstream } from "../../model/upstream.js";
import type { OwnedSource } from "../../translate/plugin-set.js";
import { createEndpointTable } from "./endpoint-table.js";
import { runSource } from "./run-source.js";
import { createUpstreamFeed } from "./upstream-feed.js";

/** All endpoint sources of the process, running. */
export interface EndpointSources {
  /** What they found. The same object as long as nothing changed. */
  current(): EndpointsByUpstream;
  /** The upstreams that are served from here on. Sources are started by the first call. */
  serve(upstreams: readonly Upstream[]): void;
  /** Tells all sources to end; does not wait for one that does not. */
  close(): void;
}

export interface EndpointSourcesOptions {
  /** By upstream type, as a plugin set has them. */
  readonly sources: ReadonlyMap<string, OwnedSource>;
  /** What was found before the process began. */
  readonly initial: EndpointsByUpstream;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** `current()` is another one. */
  readonly onChange: (endpoints: EndpointsByUpstream) => void;
  /** What needs a look, one sentence, by what it is about. Undefined: all is well again. */
  readonly onProblem: (about: string, sentence: string | undefined) => void;
  /** How long changes are collected, in milliseconds. Default: 100. */
  readonly collectMs?: number;
  /** Between attempts of a source that fails. Default: from 1 s to 60 s. */
  readonly backoff?: BackoffOptions;
}

/** Starts without upstreams. */
export function createEndpointSources(options: EndpointSourcesOptions): EndpointSources {
  const { clock, random, onProblem, backoff = { firstMs: 1_000, maxMs: 60_000 } } = options;
  const stop = new AbortController();
  const table = createEndpointTable({
    initial: options.initial,
    clock,
    collectMs: options.collectMs ?? 100,
    onChange: options.onChange,
  });
  const lanes = [...new Set(options.sources.values())].map((owned) => ({
    owned,
    types: new Set(owned.source.upstreamTypes),
    feed: createUpstreamFeed(),
  }));
  /** Upstreams that there is a problem with. */
  const troubled = new Set<string>();
  let isRunning = false;

  const tell = (plugin: string, upstream: string | undefined, problem: string | undefined) => {
    const source = `endpoint source "${plugin}"`;
    const about = upstream === undefined ? source : aboutUpstream(upstream);
    if (upstream !== undefined && problem === undefined) troubled.delete(upstream);
    else if (upstream !== undefined) troubled.add(upstream);
    const keeps = "the endpoints that were found last stay";
    const subject = upstream === undefined ? source : `${source}, upstream "${upstream}"`;
    onProblem(about, problem === undefined ? undefined : `${subject}: ${problem}; ${keeps}`);
  };

  const start = (): void => {
    isRunning = true;
    for (const { owned, feed } of lanes) {
      void runSource({
        source: owned.source,
        feed,
        onEndpoints: (upstream, endpoints) => {
          table.set(upstream, endpoints);
        },
        onProblem: (upstream, problem) => {
          tell(owned.plugin, upstream, problem);
        },
        clock,
        random,
        backoff,
        signal: stop.signal,
      });
    }
  };

  return {
    current: () => table.current(),
    serve(upstreams) {
      if (stop.signal.aborted) return;
      for (const { types, feed } of lanes)
        feed.set(upstreams.filter(({ type }) => types.has(type)));
      const names = new Set(upstreams.map(({ name }) => name));
      for (const name of troubled) {
        if (names.has(name)) continue;
        troubled.delete(name);
        onProblem(aboutUpstream(name), undefined);
      }
      if (!isRunning) start();
    },
    close() {
      stop.abort();
      table.close();
    },
  };
}

function aboutUpstream(name: string): string {
  return `endpoints of upstream "${name}"`;
}
