// Writes src/envoy/generated/messages.ts: a TypeScript interface for every Envoy message that the
// code names, and for all that these lead to. Made from the descriptor artifact alone; needs no Go.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../src/envoy/descriptors.ts";
import { isMessageType } from "../src/envoy/protobuf.ts";

/** The messages that the code names. */
const roots = [
  "envoy.config.bootstrap.v3.Bootstrap",
  "envoy.config.cluster.v3.Cluster",
  "envoy.config.endpoint.v3.ClusterLoadAssignment",
  "envoy.config.listener.v3.Listener",
  "envoy.config.route.v3.FilterConfig",
  "envoy.config.route.v3.RouteConfiguration",
  "envoy.extensions.filters.http.aws_lambda.v3.Config",
  "envoy.extensions.filters.http.aws_lambda.v3.PerRouteConfig",
  "envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning",
  "envoy.extensions.filters.http.cors.v3.Cors",
  "envoy.extensions.filters.http.cors.v3.CorsPolicy",
  "envoy.extensions.filters.http.custom_response.v3.CustomResponse",
  "envoy.extensions.filters.http.filter_chain.v3.FilterChainConfig",
  "envoy.extensions.filters.http.filter_chain.v3.FilterChainConfigPerRoute",
  "envoy.extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig",
  "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
  "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
  "envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute",
  "envoy.extensions.filters.http.lua.v3.Lua",
  "envoy.extensions.filters.http.lua.v3.LuaPerRoute",
  "envoy.extensions.filters.http.router.v3.Router",
  "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
  "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  "envoy.extensions.formatter.generic_secret.v3.GenericSecret",
  "envoy.extensions.http.custom_response.redirect_policy.v3.RedirectPolicy",
  "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
  "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
  "envoy.extensions.transport_sockets.tls.v3.Secret",
  "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
  "envoy.service.discovery.v3.DeltaDiscoveryRequest",
  "envoy.service.discovery.v3.DeltaDiscoveryResponse",
  "envoy.service.discovery.v3.DiscoveryRequest",
  "envoy.service.discovery.v3.DiscoveryResponse",
  "envoy.type.matcher.v3.HttpResponseHeaderMatchInput",
];

const scalars = {
  double: "number",
  float: "number",
  int32: "number",
  uint32: "number",
  sint32: "number",
  fixed32: "number",
  sfixed32: "number",
  int64: "Int64",
  uint64: "Int64",
  sint64: "Int64",
  fixed64: "Int64",
  sfixed64: "Int64",
  bool: "boolean",
  string: "string",
  bytes: "Uint8Array",
};

/** All messages and enums that the roots lead to, by full name. */
function closure() {
  const found = new Map();
  const pending = roots.map((name) => messageOf(name).type);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const name = next.fullName.slice(1);
    if (found.has(name)) continue;
    found.set(name, next);
    if (!isMessageType(next)) continue;
    for (const field of next.fieldsArray) {
      const { resolvedType } = field.resolve();
      if (resolvedType) pending.push(resolvedType);
    }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * `Cluster.DiscoveryType` is `Cluster_DiscoveryType`. Where two would share a name, Envoy's own
 * messages go before xDS's, and as many folders of the package come before the name as it takes.
 */
function exportNames(types) {
  const names = new Map();
  const taken = new Set();
  const rank = (name) => (roots.includes(name) ? 0 : name.startsWith("envoy.config.") ? 1 : 2);
  for (const name of [...types.keys()].sort((a, b) => rank(a) - rank(b))) {
    const parts = name.split(".");
    const short = parts.filter((part) => /^[A-Z]/.test(part)).join("_");
    const folders = parts.filter((part) => /^[a-z]/.test(part) && !/^v\d/.test(part)).map(pascal);
    const choices = [0, 1, 2, 3, 4].map((n) => folders.slice(folders.length - n).join("") + short);
    const choice = (folders[0] === "Xds" ? [`Xds${short}`] : choices).find((n) => !taken.has(n));
    if (choice === undefined) throw new Error(`no free name for ${name}`);
    taken.add(choice);
    names.set(name, choice);
  }
  return names;
}

function pascal(word) {
  return word.replace(/(?:^|_)(.)/g, (_, letter) => letter.toUpperCase());
}

function fieldLine(field, names) {
  const { resolvedType } = field.resolve();
  const base = !resolvedType ? scalars[field.type] : names.get(resolvedType.fullName.slice(1));
  const type = field.map
    ? `Readonly<Record<string, ${base}>>`
    : field.repeated
      ? `readonly ${base}[]`
      : base;
  return `  readonly ${field.name}?: ${type};`;
}

export function generateTypes(root, write = writeFileSync) {
  const types = closure();
  const names = exportNames(types);
  const lines = [
    "// Generated by `npm run generate types` from proto/envoy-v3.binpb.gz. Do not edit.",
    "// Shapes are those that protobufjs encodes: enums are numbers, fields keep the API's names.",
    "",
    "/** A 64-bit integer; a decimal text where a number would lose digits. */",
    "export type Int64 = number | string;",
    "",
  ];
  for (const [name, type] of types) {
    const exported = names.get(name);
    if (!isMessageType(type)) {
      const values = Object.entries(type.values).map(([key, value]) => `  ${key}: ${value},`);
      lines.push(`/** ${name} */`, `export const ${exported} = {`, ...values, "} as const;");
      lines.push(`export type ${exported} = (typeof ${exported})[keyof typeof ${exported}];`, "");
    } else {
      const fields = type.fieldsArray.map((field) => fieldLine(field, names));
      lines.push(`/** ${name} */`, `export interface ${exported} {`, ...fields, "}", "");
    }
  }
  lines.push("/** The messages above by their full names. */", "export interface MessageTypes {");
  for (const [name, type] of types) {
    if (isMessageType(type)) lines.push(`  readonly "${name}": ${names.get(name)};`);
  }
  lines.push("}", "");
  const file = join(root, "src", "envoy", "generated", "messages.ts");
  mkdirSync(dirname(file), { recursive: true });
  write(file, lines.join("\n"));
}
