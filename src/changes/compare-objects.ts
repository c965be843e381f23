import type { JsonValue } from "../lib/json.js";
import { kinds, type Config, type Kind, type Located } from "../model/resource.js";
import type { ObjectChange } from "./changes.js";
import { compareValues } from "./compare-values.js";
import { pairByName } from "./pair-by-name.js";

const mapOf = {
  Upstream: "upstreams",
  VirtualService: "virtualServices",
  Role: "roles",
  Attribute: "attributes",
} as const satisfies Record<Kind, keyof Config>;

/** Objects that are not what they were. One that only moved to another place has not changed. */
export function compareObjects(before: Config, after: Config): readonly ObjectChange[] {
  return kinds.flatMap((kind) => {
    const maps = [before[mapOf[kind]], after[mapOf[kind]]] as const;
    return pairByName<Located<unknown>>(...maps).flatMap(([, was, is]) => changeOf(was, is) ?? []);
  });
}

function changeOf(
  was: Located<unknown> | undefined,
  is: Located<unknown> | undefined,
): ObjectChange | undefined {
  const shown = is ?? was;
  if (shown === undefined || was === is) return undefined;
  const place = { ref: shown.ref, location: shown.origin.locate("") };
  if (was === undefined) return { change: "added", ...place, values: [] };
  if (is === undefined) return { change: "removed", ...place, values: [] };
  const values = compareValues(was.value as JsonValue, is.value as JsonValue);
  return values.length === 0 ? undefined : { change: "changed", ...place, values };
}
