import { compareText } from "../lib/compare.js";
import type { ResourceSet, XdsResource } from "./snapshot.js";
import { versionOf } from "./version.js";

/** The set of these resources, in the order of their names. Names are unique among them. */
export function resourceSetOf(resources: readonly XdsResource[]): ResourceSet {
  const inOrder = [...resources].sort((a, b) => compareText(a.name, b.name));
  return {
    version: versionOf(inOrder),
    resources: new Map(inOrder.map((resource) => [resource.name, resource])),
  };
}
