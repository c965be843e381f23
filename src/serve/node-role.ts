import type { EnvoyNode } from "./node.js";

/**
 * The role that a node asks for: the part of its id before the first `~`, else `role` of its
 * metadata, else its cluster if that is the name of a role. Undefined: it names none.
 */
export function roleOfNode(
  node: Pick<EnvoyNode, "id" | "cluster" | "metadataRole">,
  isRole: (name: string) => boolean,
): string | undefined {
  const end = node.id.indexOf("~");
  if (end > 0) return node.id.slice(0, end);
  if (node.metadataRole !== undefined) return node.metadataRole;
  return node.cluster !== "" && isRole(node.cluster) ? node.cluster : undefined;
}
