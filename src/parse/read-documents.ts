import {
  constructFromEvents,
  CORE_SCHEMA,
  defineMappingTag,
  EVENT_ID,
  mapTag,
  parseEvents,
  YAMLException,
  type Event,
} from "js-yaml";
import type { DiagnosticCode, Params } from "../diagnostics/catalog.js";
import { emptyJsonObject, type JsonValue } from "../lib/json.js";
import { findJsonFault } from "./json-syntax.js";
import type { ParseLimits } from "./limits.js";
import { sourceMapOf } from "./source-map.js";

/** A fault of a text. `report` gives it to whoever places it in a file. */
export type ReportFault = <C extends DiagnosticCode>(
  code: C,
  params: Params<C>,
  offset: number,
  related?: { readonly message: string; readonly offset: number },
) => void;

/** The documents of a text: an array of values, and the events that they were made of. */
export interface ReadDocuments {
  readonly values: readonly JsonValue[];
  readonly events: readonly Event[];
}

// Set by the mapping tag below. Reading is synchronous, so no two texts share it.
let sawDuplicate = false;
let sawMergeKey = false;

/** Like js-yaml's own, but its objects inherit nothing, and duplicate keys are noted, not thrown. */
const bareMapTag = defineMappingTag("tag:yaml.org,2002:map", {
  create: emptyJsonObject,
  addPair(carrier: Record<string, JsonValue>, key: unknown, value: unknown) {
    if (key === null) return "a mapping has a key that is empty";
    if (typeof key === "object") return "a mapping has a key that is a list or a mapping";
    const name = String(key);
    if (name === "<<") sawMergeKey = true;
    if (Object.hasOwn(carrier, name)) sawDuplicate = true;
    // Values come from the core schema, which makes JSON only.
    carrier[name] = value as JsonValue;
    return "";
  },
  has: (carrier, key) => Object.hasOwn(carrier, String(key)),
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, key) => carrier[String(key)],
  identify: mapTag.identify,
});

const schema = CORE_SCHEMA.withTags(bareMapTag);

/** Reads a YAML text. Undefined, with at least one fault reported, if it cannot be read. */
export function readYaml(
  text: string,
  limits: ParseLimits,
  report: ReportFault,
): ReadDocuments | undefined {
  sawDuplicate = false;
  sawMergeKey = false;
  let events: Event[];
  let values: JsonValue[];
  try {
    events = parseEvents(text, { maxDepth: limits.maxDepth });
    values = constructFromEvents(events, {
      source: text,
      schema,
      json: true,
      maxAliases: limits.maxAliases,
    }) as JsonValue[];
  } catch (cause) {
    // The reader of a library on hostile input: whatever it throws is said of the text.
    reportReaderFault(cause, limits, report);
    return undefined;
  }
  if (!checkSize(events, values, limits, report)) return undefined;
  if (sawDuplicate || sawMergeKey) {
    const map = sourceMapOf(text);
    for (const { key, offset, firstOffset } of map.duplicates) {
      if (key === "<<" && map.mergeKeys.includes(offset)) continue;
      const related = { message: "it is first set here", offset: firstOffset };
      report("yaml/duplicate-key", { key }, offset, related);
    }
    for (const offset of map.mergeKeys) report("yaml/merge-key", {}, offset);
    if (map.duplicates.length > 0 || map.mergeKeys.length > 0) return undefined;
  }
  return { values, events };
}

/** Reads a JSON text. */
export function readJson(
  text: string,
  limits: ParseLimits,
  report: ReportFault,
): ReadDocuments | undefined {
  if (text.trim() === "") return { values: [], events: [] };
  try {
    JSON.parse(text);
  } catch {
    // Only that it failed counts: the messages differ between versions of Node.
    const fault = findJsonFault(text) ?? { reason: "not valid JSON", offset: 0 };
    report("json/syntax", { reason: fault.reason }, fault.offset);
    return undefined;
  }
  // JSON is YAML: read by the same reader, it is held to the same limits.
  return readYaml(text, limits, report);
}

function reportReaderFault(cause: unknown, limits: ParseLimits, report: ReportFault): void {
  if (!(cause instanceof YAMLException)) {
    const reason = cause instanceof RangeError ? "nested too deeply" : String(cause);
    report("yaml/syntax", { reason }, 0);
    return;
  }
  const offset = cause.mark?.position ?? 0;
  if (cause.reason.includes("maxDepth")) {
    report("yaml/too-deep", { limit: limits.maxDepth }, offset);
  } else if (cause.reason.includes("maxAliases")) {
    report("yaml/too-many-aliases", { limit: limits.maxAliases }, offset);
  } else report("yaml/syntax", { reason: cause.reason }, offset);
}

/** Counts values with aliases written out, which may be endless. */
function checkSize(
  events: readonly Event[],
  values: readonly JsonValue[],
  limits: ParseLimits,
  report: ReportFault,
): boolean {
  const alias = events.find((event) => event.type === EVENT_ID.ALIAS);
  if (alias === undefined) {
    if (events.length <= limits.maxValues) return true;
    report("yaml/too-many-values", { limit: limits.maxValues }, 0);
    return false;
  }
  const offset = alias.type === EVENT_ID.ALIAS ? alias.anchorStart - 1 : 0;
  const ancestors = new Set<JsonValue>();
  let count = 0;
  const fault = (value: JsonValue): "recursive" | "deep" | "many" | undefined => {
    if (++count > limits.maxValues) return "many";
    if (typeof value !== "object" || value === null) return undefined;
    if (ancestors.has(value)) return "recursive";
    if (ancestors.size >= limits.maxDepth) return "deep";
    ancestors.add(value);
    for (const child of Object.values(value)) {
      const found = fault(child);
      if (found !== undefined) return found;
    }
    ancestors.delete(value);
    return undefined;
  };
  const found = fault(values);
  if (found === "recursive") report("yaml/recursive-alias", {}, offset);
  if (found === "deep") report("yaml/too-deep", { limit: limits.maxDepth }, offset);
  if (found === "many") report("yaml/too-many-values", { limit: limits.maxValues }, offset);
  return found === undefined;
}
