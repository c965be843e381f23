import { packAny } from "../envoy/codec.js";
import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HttpFilter,
} from "../envoy/generated/messages.js";
import { luaScriptFilter, readLuaScripts } from "./lua-script.js";
import type { FunctionPatch, TypedConfig } from "./plugin.js";
import { sdsConfig } from "./sds.js";

/** A call of a function that is a path of a host. */
export interface FunctionCall {
  /** Takes the place of the client's path; the client's query stays. */
  readonly path: string;
  readonly authority: string;
  readonly credential?: FunctionCredential;
}

/** What a call shows its right by. Without it, nothing is sent. */
export interface FunctionCredential {
  /** Of the request, in lower case. */
  readonly header: string;
  /**
   * Name of a generic SDS secret, as `secretValueName` makes it, that takes the place of the client's own
   * header. Default: a filter of the listener has put the credential there.
   */
  readonly secret?: string;
  /** What comes before the secret in the header. Default: nothing. */
  readonly prefix?: string;
}

const credentialFilterName = "gloo.function-credential";
const callFilterName = "gloo.function-call";
const script = readLuaScripts(new URL("function-call.lua", import.meta.url));

/**
 * The filters of a cluster whose functions are paths of a host, always the same: which function a request
 * calls, and with what credential, is said by the route.
 */
export function functionCallFilters(): readonly HttpFilter[] {
  return [
    {
      name: credentialFilterName,
      typed_config: packAny("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {}),
    },
    luaScriptFilter(callFilterName, script),
  ];
}

/** What a route or destination needs to call a function. */
export function functionCallPatch({ path, authority, credential }: FunctionCall): FunctionPatch {
  const fields = {
    path: { string_value: path },
    authority: { string_value: authority },
    ...(credential !== undefined && { credential: { string_value: credential.header } }),
    // Added by the script, which could not tell an empty secret by what has a prefix.
    ...(credential?.prefix !== undefined && { prefix: { string_value: credential.prefix } }),
  };
  const call = packAny("envoy.extensions.filters.http.lua.v3.LuaPerRoute", {
    filter_context: { fields },
  });
  const callConfig = { [callFilterName]: { ...call, isInCluster: true } };
  if (credential?.secret === undefined) return { perFilterConfig: callConfig };
  const { header, secret } = credential;
  const add = addCredential(header, secret);
  return {
    perFilterConfig: { ...callConfig, [credentialFilterName]: { ...add, isInCluster: true } },
    secrets: [secret],
  };
}

function addCredential(header: string, secret: string): TypedConfig {
  const type = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute";
  return packAny(type, {
    mutations: {
      request_mutations: [
        // An empty secret would leave a client's own in place.
        { remove: header },
        {
          append: {
            header: { key: header, value: "%SECRET(credential)%" },
            append_action: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
          },
        },
      ],
      formatters: [
        {
          name: "envoy.formatter.generic_secret",
          typed_config: packAny("envoy.extensions.formatter.generic_secret.v3.GenericSecret", {
            secret_configs: { credential: sdsConfig(secret) },
          }),
        },
      ],
    },
  });
}
