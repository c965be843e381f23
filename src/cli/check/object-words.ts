import { isJsonObject, type JsonValue } from "../../lib/json.js";
import type { RawObject } from "../../parse/documents.js";

/** What other objects may know some objects by, and what those may know others by. */
export interface ObjectWords {
  /** Names, and domains; `*` for a virtual service without any. In lower case. */
  readonly claims: ReadonlySet<string>;
  /** What could be the name of another object. In lower case. */
  readonly references: ReadonlySet<string>;
}

/** Gathers the words of objects. Too many rather than too few: no schema is asked. */
export function wordsOf(objects: readonly RawObject[]): ObjectWords {
  const claims = new Set<string>();
  const references = new Set<string>();
  for (const { kind, value } of objects) {
    const { metadata, spec } = value;
    const own = [value["name"], isJsonObject(metadata) ? metadata["name"] : undefined];
    const names = own.filter((name) => typeof name === "string");
    for (const name of names) claims.add(name.toLowerCase());
    // An upstream refers to no other object.
    if (kind === "Upstream") continue;
    if (kind === "VirtualService") {
      const body = isJsonObject(spec) ? spec : value;
      const domains = stringsIn(body["domains"] ?? []);
      for (const domain of domains.size === 0 ? ["*"] : domains) claims.add(domain || "*");
    }
    for (const text of stringsIn(value, plainKeys)) {
      if (nameForm.test(text) && !names.includes(text)) references.add(text);
    }
  }
  return { claims, references };
}

const nameForm = /^[a-z0-9][-a-z0-9.]{0,252}$/;
/** Keys whose values name no object. */
const plainKeys: ReadonlySet<string> = new Set([
  "apiVersion",
  "kind",
  "type",
  "domains",
  "function_name",
  "functionName",
  "request_matcher",
  "requestMatcher",
  "metadata",
]);

/** All texts in a value, in lower case, without those below some keys; keys themselves are none. */
export function stringsIn(
  value: JsonValue,
  without: ReadonlySet<string> = new Set(),
  found = new Set<string>(),
): Set<string> {
  if (typeof value === "string") found.add(value.toLowerCase());
  else if (Array.isArray(value)) for (const item of value) stringsIn(item, without, found);
  else if (isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (!without.has(key)) stringsIn(inner, without, found);
    }
  }
  return found;
}
