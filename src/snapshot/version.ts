import { contentHash } from "../lib/content-hash.js";
import type { XdsResource } from "./snapshot.js";

/** The version of a set of resources: a hash over their names and versions, in name order. */
export function versionOf(resources: Iterable<Pick<XdsResource, "name" | "version">>): string {
  const parts: string[] = [];
  for (const { name, version } of resources) parts.push(name, version);
  return contentHash(...parts);
}
