import { toProtoJson } from "../envoy/proto-json.js";
import { typeUrls, type ResourceKind } from "../envoy/type-urls.js";
import { createBreather } from "../lib/breather.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import { kindOfType } from "./kind-of-type.js";

/** What to leave out of a dump. */
export interface DumpFilter {
  /** Only this role. */
  readonly role?: string;
  /** Only this type. */
  readonly typeUrl?: string;
}

/** The type URL of `cluster`, `route`, …, or of the URL itself; undefined: there is no such type. */
export function typeUrlOf(text: string): string | undefined {
  if (Object.hasOwn(typeUrls, text)) return typeUrls[text as ResourceKind];
  return Object.values(typeUrls).find((typeUrl) => typeUrl === text);
}

/**
 * What Envoys are served, as the JSON text of a `ConfigDumpResponse` in pieces: ten thousand
 * resources are neither held in memory at once, nor does the server stand still while they are written.
 * What fields marked as sensitive hold is redacted.
 */
export async function* writeConfigDump(
  snapshot: Snapshot,
  { role: onlyRole, typeUrl: onlyType }: DumpFilter,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const breathe = createBreather(signal);
  const head = { commit: snapshot.commit, snapshotId: snapshot.id };
  yield `${JSON.stringify(head).slice(0, -1)},"roles":[`;
  let roleSeparator = "";
  for (const [name, { sets }] of snapshot.roles) {
    if (onlyRole !== undefined && name !== onlyRole) continue;
    yield `${roleSeparator}{"role":${JSON.stringify(name)},"types":[`;
    roleSeparator = ",";
    let typeSeparator = "";
    for (const [typeUrl, set] of sets) {
      if (onlyType !== undefined && typeUrl !== onlyType) continue;
      const type = { kind: kindOfType(typeUrl), typeUrl, version: set.version };
      yield `${typeSeparator}${JSON.stringify(type).slice(0, -1)},"resources":[`;
      typeSeparator = ",";
      let separator = "";
      for (const { name: resourceName, version, any } of set.resources.values()) {
        await breathe();
        const resource = toProtoJson("google.protobuf.Any", any, { redact: true });
        yield separator + JSON.stringify({ name: resourceName, version, resource });
        separator = ",";
      }
      yield "]}";
    }
    yield "]}";
  }
  yield "]}\n";
}
