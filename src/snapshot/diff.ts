import { compareText } from "../lib/compare.js";
import type { ResourceSet, Snapshot, XdsResource } from "./snapshot.js";

/** What became of one resource of a role between two snapshots. */
export interface ResourceChange {
  readonly role: string;
  readonly typeUrl: string;
  readonly name: string;
  readonly kind: "added" | "changed" | "removed";
}

/** What changes for Envoys from one snapshot to another: by role, type and name, each in order. */
export function diffSnapshots(
  before: Snapshot | undefined,
  after: Snapshot,
): readonly ResourceChange[] {
  const roles = union(before?.roles.keys(), after.roles.keys());
  return roles.flatMap((role) => {
    const old = before?.roles.get(role)?.sets ?? new Map<string, ResourceSet>();
    const now = after.roles.get(role)?.sets ?? new Map<string, ResourceSet>();
    return union(old.keys(), now.keys()).flatMap((typeUrl) =>
      diffSets(old.get(typeUrl), now.get(typeUrl)).map((change) => ({ role, typeUrl, ...change })),
    );
  });
}

function diffSets(
  before: ResourceSet | undefined,
  after: ResourceSet | undefined,
): readonly Pick<ResourceChange, "name" | "kind">[] {
  if (before?.version === after?.version) return [];
  const old = before?.resources ?? new Map<string, XdsResource>();
  const now = after?.resources ?? new Map<string, XdsResource>();
  return union(old.keys(), now.keys()).flatMap((name) => {
    const was = old.get(name);
    const is = now.get(name);
    if (was?.version === is?.version) return [];
    return [{ name, kind: was === undefined ? "added" : is === undefined ? "removed" : "changed" }];
  });
}

function union(left: Iterable<string> = [], right: Iterable<string> = []): readonly string[] {
  return [...new Set([...left, ...right])].sort(compareText);
}
