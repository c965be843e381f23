import { dump } from "js-yaml";
import { unwrapAny } from "../../envoy/codec.js";
import { toProtoJson } from "../../envoy/proto-json.js";
import { typeUrls, type ResourceKind } from "../../envoy/type-urls.js";
import { compareText } from "../../lib/compare.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../../lib/json.js";
import { nearest } from "../../lib/nearest.js";
import type { RoleSnapshot, Snapshot } from "../../snapshot/snapshot.js";
import { CommandError } from "../io.js";

/** Which part of a snapshot is wanted; everything, if neither is given. */
export interface RenderSelection {
  readonly role?: string;
  readonly type?: ResourceKind;
}

/**
 * The resources of a snapshot by role, kind and name, as ProtoJSON with sorted keys and without
 * secret values. Throws `CommandError` if there is no such role.
 */
export function renderSnapshot(snapshot: Snapshot, { role, type }: RenderSelection): JsonObject {
  if (role !== undefined && !snapshot.roles.has(role)) throw unknownRole(role, snapshot);
  const roles = [...snapshot.roles.values()].filter(
    (found) => role === undefined || found.role === role,
  );
  return Object.fromEntries(roles.map((found) => [found.role, renderRole(found, type)]));
}

/** The rendered resources as text. YAML has no aliases, and every line of its own. */
export function formatRendered(rendered: JsonObject, format: "json" | "yaml"): string {
  return format === "json"
    ? `${JSON.stringify(rendered, undefined, 2)}\n`
    : dump(rendered, { noRefs: true, lineWidth: -1 });
}

function renderRole({ sets }: RoleSnapshot, type: ResourceKind | undefined): JsonObject {
  const kinds: Record<string, JsonObject> = {};
  for (const [kind, typeUrl] of Object.entries(typeUrls)) {
    if (type !== undefined && kind !== type) continue;
    const resources = sets.get(typeUrl)?.resources ?? new Map<string, never>();
    kinds[kind] = Object.fromEntries(
      [...resources.values()].map(({ name, any }) => {
        const content = unwrapAny(any);
        return [name, sortKeys(toProtoJson(content.type, content.value, { redact: true }))];
      }),
    );
  }
  return kinds;
}

function sortKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(sortKeys);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

function unknownRole(role: string, snapshot: Snapshot): CommandError {
  const roles = [...snapshot.roles.keys()];
  const near = nearest(role, roles);
  const hint =
    near === undefined ? `roles: ${roles.join(", ") || "none"}` : `did you mean "${near}"?`;
  return new CommandError(`the config has no role "${role}"; ${hint}`);
}
