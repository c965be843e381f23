import { packAny } from "../envoy/codec.js";
import { listenerOf } from "./filter-chain.js";
import type { GatewayAddress } from "./listeners.js";
import type { RoleTranslation } from "./translation.js";

const routeTable = "routes-for-invalid-envoy";

const explanation = `Invalid Envoy Bootstrap Configuration.
This Envoy is not told what to serve, because its node names no role that the gateway knows.
Its node id must be "<role>~<anything>" (or node.metadata.role, or node.cluster, must be a role),
with a role that the config repository declares or that a virtual service names.
`;

/**
 * What Envoys without a role, or with one that nobody knows, are served: every request is answered
 * with 500 and the reason.
 */
export function fallbackTranslation({ bindAddress, httpPort }: GatewayAddress): RoleTranslation {
  const router = packAny("envoy.extensions.filters.http.router.v3.Router", {});
  const listener = listenerOf({
    name: "listener-for-invalid-envoy",
    address: bindAddress,
    port: httpPort,
    chains: [{ routeTable, tls: undefined, serverNames: [] }],
    filters: [{ name: "envoy.filters.http.router", typed_config: router }],
  });
  const virtualHost = {
    name: "invalid-envoy",
    domains: ["*"],
    routes: [
      {
        match: { prefix: "/" },
        direct_response: { status: 500, body: { inline_string: explanation } },
      },
    ],
  };
  return {
    role: "",
    upstreams: [],
    clusters: [],
    assignments: [],
    listeners: [listener],
    routeTables: [{ name: routeTable, virtualHosts: [virtualHost] }],
    secrets: [],
  };
}
