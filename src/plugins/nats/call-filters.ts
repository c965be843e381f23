import { packAny } from "../../envoy/codec.js";
import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type Mutations,
} from "../../envoy/generated/messages.js";
import {
  encodeSubject,
  modeHeader,
  subjectHeader,
  tokenHeader,
  type DeliveryMode,
} from "../../messages/call-headers.js";
import type { ClusterPatch, FunctionPatch } from "../../translate/plugin.js";
import { sdsConfig, secretValueName } from "../../translate/sds.js";

const protocolOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const callFilterName = "gloo.nats-call";

/** The value of a secret that Envoy shows to the bridge. */
export const tokenKey = "token";

/**
 * What every request to a bridge goes through: it loses what only the gateway may say, however it got
 * here, and gets the token of secret `ref`. What it publishes to is then said by the route.
 */
export function bridgeCluster(ref: string | undefined): ClusterPatch {
  const secret = ref === undefined ? undefined : secretValueName(ref, tokenKey);
  const config = packAny("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {
    mutations: callMutations(secret),
  });
  const codec = packAny("envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec", {});
  return {
    cluster: {
      typed_extension_protocol_options: {
        [protocolOptions]: packAny(protocolOptions, {
          explicit_http_config: { http_protocol_options: {} },
          http_filters: [
            { name: callFilterName, typed_config: config },
            { name: "envoy.filters.http.upstream_codec", typed_config: codec },
          ],
        }),
      },
    },
    ...(secret !== undefined && { secrets: [secret] }),
  };
}

function callMutations(secret: string | undefined): Mutations {
  const removals = [subjectHeader, modeHeader, tokenHeader].map((remove) => ({ remove }));
  if (secret === undefined) return { request_mutations: removals };
  return {
    request_mutations: [...removals, setHeader(tokenHeader, `%SECRET(${tokenKey})%`)],
    formatters: [
      {
        name: "envoy.formatter.generic_secret",
        typed_config: packAny("envoy.extensions.formatter.generic_secret.v3.GenericSecret", {
          secret_configs: { [tokenKey]: sdsConfig(secret) },
        }),
      },
    ],
  };
}

/** What makes a request of a route, or of one of its destinations, a message to a subject. */
export function messagePatch(subject: string, mode: DeliveryMode): FunctionPatch {
  const type = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute";
  const config = packAny(type, {
    mutations: {
      request_mutations: [
        // Envoy would take "%" for the beginning of a value of its own.
        setHeader(subjectHeader, encodeSubject(subject).replaceAll("%", "%%")),
        setHeader(modeHeader, mode),
      ],
    },
  });
  return { perFilterConfig: { [callFilterName]: { ...config, isInCluster: true } } };
}

function setHeader(key: string, value: string) {
  const append_action = AppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
  return { append: { header: { key, value }, append_action } };
}
