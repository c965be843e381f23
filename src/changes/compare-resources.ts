import { unwrapAny } from "../envoy/codec.js";
import { toProtoJson } from "../envoy/proto-json.js";
import { typeUrls } from "../envoy/type-urls.js";
import type { ResourceSet, RoleSnapshot, Snapshot, XdsResource } from "../snapshot/snapshot.js";
import type { ResourceChange } from "./changes.js";
import { compareValues } from "./compare-values.js";
import { pairByName } from "./pair-by-name.js";

/** Resources whose bytes are not what they were, in each role. */
export function compareResources(before: Snapshot, after: Snapshot): readonly ResourceChange[] {
  return pairByName<RoleSnapshot>(before.roles, after.roles).flatMap(([role, was, is]) =>
    Object.entries(typeUrls).flatMap(([type, typeUrl]) =>
      compareSets(was?.sets.get(typeUrl), is?.sets.get(typeUrl)).map((change) => ({
        role,
        type,
        ...change,
      })),
    ),
  );
}

type SetChange = Omit<ResourceChange, "role" | "type">;

function compareSets(
  before: ResourceSet | undefined,
  after: ResourceSet | undefined,
): readonly SetChange[] {
  if (before?.version === after?.version) return [];
  const none: ReadonlyMap<string, XdsResource> = new Map();
  const pairs = pairByName(before?.resources ?? none, after?.resources ?? none);
  return pairs.flatMap(([name, was, is]): readonly SetChange[] => {
    if (was === undefined) return [{ change: "added", name, values: [] }];
    if (is === undefined) return [{ change: "removed", name, values: [] }];
    if (was.version === is.version) return [];
    return [{ change: "changed", name, values: compareValues(jsonOf(was), jsonOf(is)) }];
  });
}

function jsonOf({ any }: XdsResource) {
  const { type, value } = unwrapAny(any);
  return toProtoJson(type, value, { redact: true });
}
