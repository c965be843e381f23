import type { Node } from "../envoy/generated/messages.js";

/**
 * The role that a node asks for: the part of its id before the first `~`, else `role` of its
 * metadata, else its cluster if that is the name of a role. Undefined: it names none.
 */
export function roleOfNode(node: Node, isRole: (name: string) => boolean): string | undefined {
  const id = node.id ?? "";
  const end = id.indexOf("~");
  if (end > 0) return id.slice(0, end);
  const fromMetadata = node.metadata?.fields?.["role"]?.string_value;
  if (fromMetadata) return fromMetadata;
  return node.cluster && isRole(node.cluster) ? node.cluster : undefined;
}
