import { packAny } from "../../envoy/codec.js";
import type { FunctionPatch, StagedFilter } from "../../translate/plugin.js";

/** The header that Google wants ID tokens in. */
export const tokenHeader = "authorization";

const filterName = "gloo.google-id-token";

/**
 * The filter that routes put the fetching of a token into. It is in every chain and off, and a route's own
 * config switches it on: Envoy's filter for that takes no config from routes.
 */
export const tokenFilter: StagedFilter = {
  stage: "auth",
  filter: {
    name: filterName,
    disabled: true,
    typed_config: packAny("envoy.extensions.filters.http.filter_chain.v3.FilterChainConfig", {}),
  },
};

/** Tokens are asked for on the same host. */
const timeout = { seconds: 5 };
/** As many as functions could be called in turn. */
const cacheSize = 1000;

/**
 * What makes Envoy fetch a token for `audience` from the metadata server, or take it from its cache. If that
 * fails, the filter lets the request go on without one: so the client's own header, which would look like
 * one, is taken away before, and the call is refused in the cluster.
 */
export function fetchTokenPatch(audience: string, metadataUpstream: string): FunctionPatch {
  const removal = packAny("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {
    mutations: { request_mutations: [{ remove: tokenHeader }] },
  });
  const fetching = packAny("envoy.extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig", {
    cluster: metadataUpstream,
    timeout,
    cache_config: { cache_size: { value: cacheSize } },
    audience: { url: audience },
  });
  const config = packAny(
    "envoy.extensions.filters.http.filter_chain.v3.FilterChainConfigPerRoute",
    {
      filter_chain: {
        filters: [
          { name: "envoy.filters.http.header_mutation", typed_config: removal },
          { name: "envoy.filters.http.gcp_authn", typed_config: fetching },
        ],
      },
    },
  );
  return { perFilterConfig: { [filterName]: config }, clusters: [{ name: metadataUpstream }] };
}
