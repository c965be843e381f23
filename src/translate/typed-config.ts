import { parseAnyJson } from "../envoy/parse-proto-json.js";
import { checkRules } from "../envoy/rules.js";
import { findMessage } from "../envoy/descriptors.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import { pointerTokens, type JsonPointer } from "../model/location.js";
import { wrongMessage, type FilterPlace } from "./filter-messages.js";
import type { ClusterReference, HookContext, TypedConfig } from "./plugin.js";

/** A message of the Envoy API that config spells out, and the upstreams that it refers to. */
export interface ParsedTypedConfig {
  /** The full name of its type. */
  readonly type: string;
  readonly config: TypedConfig;
  readonly clusters: readonly ClusterReference[];
}

/**
 * Reads a message of the Envoy API as config has it at `pointer`: `@type` beside its fields. What does
 * not fit the API or its rules is reported, each fault at its own field; then there is no answer.
 */
export function readTypedConfig(
  json: JsonValue,
  pointer: JsonPointer,
  context: HookContext,
): ParsedTypedConfig | undefined {
  const { message, problems, clusterNames } = parseAnyJson(json);
  for (const { pointer: at, message: text, near, atKey } of problems) {
    const key = pointerTokens(pointer + at).at(-1) ?? "";
    const problem = /^(?:must|is) /.test(text) ? `"${key}" ${text}` : text;
    const params = { problem, ...(near !== undefined && { near }) };
    context.report("envoy/invalid-config", params, pointer + at, atKey === true ? "key" : "value");
  }
  if (problems.length > 0) return undefined;
  const config = message as unknown as TypedConfig; // an Any that was read without problems is one
  const faults = checkRules("google.protobuf.Any", config);
  for (const { path, message: rule } of faults) {
    context.report("envoy/rule-violated", { path, rule }, pointer + pointerOfPath(path, json));
  }
  if (faults.length > 0) return undefined;
  return {
    type: config.type_url.slice(config.type_url.lastIndexOf("/") + 1),
    config,
    clusters: clusterNames.map(({ pointer: at, name }) => ({ name, pointer: pointer + at })),
  };
}

/**
 * Reads a message that configures an HTTP filter in a chain or for a route, as {@link readTypedConfig}
 * does.
 */
export function readHttpFilterConfig(
  json: JsonObject,
  place: FilterPlace,
  pointer: JsonPointer,
  context: HookContext,
): ParsedTypedConfig | undefined {
  const inner = typeNameOf(json) === routeWrapper ? json["config"] : undefined;
  const isWrong = isJsonObject(inner)
    ? reportWrongType(inner, place, `${pointer}/config`, context)
    : reportWrongType(json, place, pointer, context);
  return isWrong ? undefined : readTypedConfig(json, pointer, context);
}

function reportWrongType(
  json: JsonObject,
  place: FilterPlace,
  pointer: JsonPointer,
  context: HookContext,
): boolean {
  const type = typeNameOf(json);
  const wanted = wrappers[place].has(type) ? undefined : wrongMessage(type, place);
  // What is no message at all is told where the message is read.
  if (wanted === undefined || findMessage(type) === undefined) return false;
  context.report("filter/wrong-type", { type, wanted }, `${pointer}/@type`);
  return true;
}

function typeNameOf(json: JsonObject): string {
  const typeUrl = String(json["@type"]);
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

/** Switches a filter on or off for a route, or holds its config. */
const routeWrapper = "envoy.config.route.v3.FilterConfig";

const structs = ["udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"];
const matching = "envoy.extensions.common.matching.v3.ExtensionWithMatcher";

/** Messages that hold the config of a filter of any kind. */
const wrappers: Readonly<Record<FilterPlace, ReadonlySet<string>>> = {
  chain: new Set([...structs, matching]),
  route: new Set([...structs, `${matching}PerRoute`, routeWrapper]),
};

/**
 * The pointer of a field path such as `mutations[0].append.header`. Config may spell fields in two
 * ways: the one that is there is taken. What is missing leads to its nearest parent.
 */
function pointerOfPath(path: string, json: JsonValue): JsonPointer {
  let pointer = "";
  let value: unknown = json;
  for (const [, name = "", index, key] of path.matchAll(
    /\.?([a-z0-9_]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/g,
  )) {
    const token = [name, lowerCamel(name), index ?? "", key ?? ""].find(
      (choice) =>
        choice !== "" &&
        typeof value === "object" &&
        value !== null &&
        Object.hasOwn(value, choice),
    );
    if (token === undefined) break;
    pointer += `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    value = (value as Readonly<Record<string, unknown>>)[token];
  }
  return pointer;
}

/** The JSON spelling of a field's name. */
function lowerCamel(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
