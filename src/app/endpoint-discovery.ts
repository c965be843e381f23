import {
  createEndpointSources,
  type EndpointSources,
} from "../discovery/endpoints/endpoint-sources.js";
import { endpointsDocument, readSavedEndpoints } from "../discovery/endpoints/endpoint-table.js";
import { servedUpstreams } from "../discovery/endpoints/served-upstreams.js";
import { systemClock } from "../lib/clock.js";
import type { Reconciler } from "../reconcile/reconciler.js";
import type { StateDirectory } from "../state/state-directory.js";
import type { PluginSet } from "../translate/plugin-set.js";
import type { Translation } from "../translate/translation.js";
import type { Notices } from "./notices.js";

/** What endpoint sources are run with. */
export interface EndpointDiscoveryOptions {
  readonly plugins: Pick<PluginSet, "endpointSources">;
  /** Where what they found is kept, for the next process to begin with. */
  readonly file: StateDirectory["endpoints"];
  readonly notices: Notices;
  /** Is told that there are others. */
  readonly onChange: () => void;
}

/** Creates the endpoint sources of the plugins; {@link feedSources} starts them. */
export function createEndpointDiscovery(options: EndpointDiscoveryOptions): EndpointSources {
  const { plugins, file, notices, onChange } = options;
  const { endpointSources: sources } = plugins;
  return createEndpointSources({
    sources,
    // Without a source, nobody would ever correct what was found once.
    initial: sources.size === 0 ? new Map() : readSavedEndpoints(file.initial),
    clock: systemClock,
    random: Math.random,
    onChange(endpoints) {
      onChange();
      file
        .write(() => endpointsDocument(endpoints))
        .then(
          () => {
            notices.set("the file of endpoints", undefined);
          },
          (cause: unknown) => {
            const message = cause instanceof Error ? cause.message : String(cause);
            notices.set("the file of endpoints", `endpoints are not saved: ${message}`);
          },
        );
    },
    onProblem: notices.set,
  });
}

/** Tells sources after every turn of the loop what is served. What it gives stops that. */
export function feedSources(sources: EndpointSources, reconciler: Reconciler): () => void {
  let last: Translation["roles"] | undefined;
  const feed = (): void => {
    const build = reconciler.serving()?.build;
    // What came from the state directory does not say what it was made of: what it has, it keeps.
    if (build === undefined || build.translation.roles === last) return;
    last = build.translation.roles;
    sources.serve(servedUpstreams(build.translation));
  };
  return reconciler.onTurn(feed);
}
