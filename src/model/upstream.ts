// The definitions are schemas/upstream.schema.json; these are their types in canonical form.
export type { ServiceInfo, Upstream, UpstreamFunction } from "./generated/language.js";
