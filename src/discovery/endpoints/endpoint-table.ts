import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../lib/clock.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json.js";
import type { Endpoint, EndpointsByUpstream } from "../../model/endpoints.js";
import { readEndpoints } from "./read-endpoints.js";

/** The endpoints that were found, as they are served: changes become visible together, in a moment. */
export interface EndpointTable {
  /** The same object as long as nothing changed. */
  current(): EndpointsByUpstream;
  set(upstream: string, endpoints: readonly Endpoint[]): void;
  /** Lets go of changes that are not visible. */
  close(): void;
}

export interface EndpointTableOptions {
  /** What was found before the process began. */
  readonly initial: EndpointsByUpstream;
  readonly clock: Pick<Clock, "after">;
  /** How long changes are collected, in milliseconds. */
  readonly collectMs: number;
  /** `current()` is another one. */
  readonly onChange: (endpoints: EndpointsByUpstream) => void;
}

/** Upstreams whose endpoints are remembered. Those that were set least lately are forgotten first. */
const maxUpstreams = 100_000;

/** Upstreams that have gone keep their endpoints: a commit that is taken back may bring them back. */
export function createEndpointTable(options: EndpointTableOptions): EndpointTable {
  const { clock, collectMs, onChange } = options;
  let current = options.initial;
  let next: Map<string, readonly Endpoint[]> | undefined;
  let cancel: (() => void) | undefined;

  const show = (): void => {
    cancel = undefined;
    if (next === undefined) return;
    current = next;
    next = undefined;
    onChange(current);
  };

  return {
    current: () => current,
    set(upstream, endpoints) {
      if (isDeepStrictEqual((next ?? current).get(upstream), endpoints)) return;
      next ??= new Map(current);
      next.delete(upstream);
      next.set(upstream, endpoints);
      const [oldest] = next.keys();
      if (next.size > maxUpstreams && oldest !== undefined) next.delete(oldest);
      cancel ??= clock.after(collectMs, show);
    },
    close() {
      cancel?.();
      cancel = next = undefined;
    },
  };
}

/** As {@link readSavedEndpoints} reads it. */
export function endpointsDocument(endpoints: EndpointsByUpstream): JsonValue {
  return { upstreams: Object.fromEntries(endpoints) as unknown as JsonValue };
}

/** What was found before, as far as it is sound. */
export function readSavedEndpoints(document: JsonValue | undefined): EndpointsByUpstream {
  const upstreams = isJsonObject(document ?? null) ? (document as JsonObject)["upstreams"] : null;
  const byName = isJsonObject(upstreams ?? null) ? (upstreams as JsonObject) : {};
  return new Map(
    Object.entries(byName).map(([name, found]) => [name, readEndpoints(found).endpoints]),
  );
}
