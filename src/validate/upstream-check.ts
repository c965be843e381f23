import type { Upstream } from "../model/upstream.js";
import { finding, type Finding } from "./finding.js";

/** Routes call functions by name, so names are unique within an upstream. */
export function checkUpstream({ functions = [] }: Upstream): readonly Finding[] {
  const seen = new Set<string>();
  return functions.flatMap(({ name }, index) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [finding("upstream/duplicate-function", { name }, `/functions/${index}/name`)];
  });
}
