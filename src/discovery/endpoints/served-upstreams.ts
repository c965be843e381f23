import { compareText } from "../../lib/compare.js";
import type { Upstream } from "../../model/upstream.js";
import type { Translation } from "../../translate/translation.js";

/** The upstreams whose endpoints travel by EDS, in the order of names. */
export function servedUpstreams({ roles }: Translation): readonly Upstream[] {
  const found = new Map<string, Upstream>();
  for (const { upstreams } of roles.values()) {
    for (const { upstream, endpoints } of upstreams) {
      if (endpoints !== undefined) found.set(upstream.value.name, upstream.value);
    }
  }
  return [...found.values()].sort((a, b) => compareText(a.name, b.name));
}
