import type { Node } from "../envoy/generated/messages.js";

/** What the server needs to know of a node, for as long as its stream lasts. */
export interface EnvoyNode {
  readonly id: string;
  readonly cluster: string;
  /** `role` of its metadata. */
  readonly metadataRole: string | undefined;
  /** It is Envoy itself, and not another client of its API. */
  readonly isEnvoy: boolean;
  /** As Envoy says it: `1.40.0`; empty when it does not say. */
  readonly version: string;
  /** It takes resources that expire; in state of the world only if it also takes wrapped ones. */
  readonly supportsTtl: boolean;
  readonly supportsWrapped: boolean;
}

/** The parts of a node that matter here. The rest, up to a megabyte of metadata, is let go. */
export function readNode(node: Node): EnvoyNode {
  const build = node.user_agent_build_version?.version;
  const features = node.client_features ?? [];
  const role = node.metadata?.fields?.["role"]?.string_value;
  return {
    id: node.id ?? "",
    cluster: node.cluster ?? "",
    metadataRole: role || undefined,
    isEnvoy: node.user_agent_name === "envoy",
    version: build
      ? [build.major_number, build.minor_number, build.patch].map((n) => n ?? 0).join(".")
      : (node.user_agent_version ?? ""),
    supportsTtl: features.includes("xds.config.supports-resource-ttl"),
    supportsWrapped: features.includes("xds.config.supports-resource-in-sotw"),
  };
}
