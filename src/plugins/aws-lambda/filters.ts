import { packAny } from "../../envoy/codec.js";
import {
  Config_InvocationMode as InvocationMode,
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type Config as AwsLambdaConfig,
  type HttpFilter,
} from "../../envoy/generated/messages.js";
import type { AwsSpec } from "../../model/generated/plugins.js";
import type { FunctionPatch } from "../../translate/plugin.js";
import { luaScriptFilter, readLuaScripts } from "../../translate/lua-script.js";
import { sdsConfig, secretValueName } from "../../translate/sds.js";
import { credentialProvider, secretKeys } from "./credentials.js";
import { functionArn } from "./region.js";

/** The filter that makes a request a call of Lambda, by the name that routes configure it by. */
const lambdaFilterName = "envoy.filters.http.aws_lambda";

/** What a call of one function is. */
export interface FunctionCall {
  readonly arn: string;
  /** Of the endpoint. */
  readonly authority: string;
  readonly wraps: boolean;
  readonly isAsync: boolean;
}

/** Config of the filter that makes a request a call of a function. */
function lambdaConfig({ arn, authority, wraps, isAsync }: FunctionCall): AwsLambdaConfig {
  return {
    arn,
    host_rewrite: authority,
    payload_passthrough: !wraps,
    invocation_mode: isAsync ? InvocationMode.ASYNCHRONOUS : InvocationMode.SYNCHRONOUS,
    // This filter can only get credentials from itself, and its signature is replaced by that of the
    // next one, which can get them from everywhere. No secrets: without any it would look for some.
    credentials: { access_key_id: "replaced", secret_access_key: "replaced" },
  };
}

/** What a secret is for; the headers are gone before a request leaves. */
export interface SigningSecret {
  readonly ref: string;
  /** Those that it has of `access_key`, `secret_key` and `session_token`. */
  readonly keys: readonly string[];
}

/**
 * What every request to an upstream goes through: it becomes a call of Lambda, loses what Lambda does
 * not want, and is signed, by Envoy itself or, with keys of a secret, by a script.
 */
export function lambdaFilters(
  spec: AwsSpec,
  authority: string,
  secret: SigningSecret | undefined,
): readonly HttpFilter[] {
  const { region, account_id: account = "", function_errors } = spec;
  // No route leads here without a function of its own.
  const arn = functionArn({ region, account, name: "no-function" });
  const passes = function_errors === "pass";
  const lambda: HttpFilter = {
    name: lambdaFilterName,
    typed_config: packAny(
      "envoy.extensions.filters.http.aws_lambda.v3.Config",
      lambdaConfig({ arn, authority, wraps: false, isAsync: false }),
    ),
  };
  const first = luaScriptFilter(originalFilterName, keepOriginal);
  const call = (source: string): HttpFilter => luaScriptFilter("gloo.aws-lambda", source);
  return secret === undefined
    ? [
        first,
        lambda,
        call(passes ? forward : forwardAndFail),
        signer(spec),
        luaScriptFilter("gloo.aws-signed", refuseUnsigned),
      ]
    : [
        first,
        lambda,
        keysIntoHeaders(secret),
        call(regionLine(region) + (passes ? sign : signAndFail)),
      ];
}

const originalFilterName = "gloo.aws-original";

/** What a route or destination needs to call a function. */
export function callPatch(call: FunctionCall): FunctionPatch {
  const perRoute = packAny("envoy.extensions.filters.http.aws_lambda.v3.PerRouteConfig", {
    invoke_config: lambdaConfig(call),
  });
  const perFilterConfig = { [lambdaFilterName]: { ...perRoute, isInCluster: true } };
  if (!call.wraps) return { perFilterConfig };
  const wraps = packAny("envoy.extensions.filters.http.lua.v3.LuaPerRoute", {
    filter_context: { fields: { wraps: { bool_value: true } } },
  });
  return {
    perFilterConfig: {
      ...perFilterConfig,
      [originalFilterName]: { ...wraps, isInCluster: true },
    },
    route: { request_headers_to_remove: [originalHeader] },
  };
}

/** Only the script sets it: see original.lua. */
const originalHeader = "x-gloo-original";

const readScript = (...names: readonly string[]): string =>
  readLuaScripts(...names.map((name) => new URL(`${name}.lua`, import.meta.url)));

const keepOriginal = readScript("original");
const forward = readScript("call", "forward");
const forwardAndFail = readScript("call", "forward", "errors");
const refuseUnsigned = readScript("signed");
const sign = readScript("sha256", "call", "sign");
const signAndFail = readScript("sha256", "call", "sign", "errors");

/** A region's schema lets nothing in it that could end a Lua string. */
function regionLine(region: string): string {
  return `local REGION = "${region}"\n`;
}

function signer({ region, credentials }: AwsSpec): HttpFilter {
  const provider = credentialProvider(credentials);
  return {
    name: "envoy.filters.http.aws_request_signing",
    typed_config: packAny(
      "envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning",
      {
        service_name: "lambda",
        region,
        ...(provider !== undefined && { credential_provider: provider }),
      },
    ),
  };
}

/** The headers that keys travel in from one filter to the next. */
function headerOf(key: string): string {
  return `x-gloo-${key.replace("_", "-")}`;
}

function keysIntoHeaders({ ref, keys }: SigningSecret): HttpFilter {
  return {
    name: "gloo.aws-credentials",
    typed_config: packAny("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {
      mutations: {
        request_mutations: [
          // An empty value would leave a client's own in place.
          ...secretKeys.map(({ key }) => ({ remove: headerOf(key) })),
          ...keys.map((key) => ({
            append: {
              header: { key: headerOf(key), value: `%SECRET(${key})%` },
              append_action: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
            },
          })),
        ],
        formatters: [
          {
            name: "envoy.formatter.generic_secret",
            typed_config: packAny("envoy.extensions.formatter.generic_secret.v3.GenericSecret", {
              secret_configs: Object.fromEntries(
                keys.map((key) => [key, sdsConfig(secretValueName(ref, key))]),
              ),
            }),
          },
        ],
      },
    }),
  };
}
