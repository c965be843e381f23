import { sdsContentOf } from "./sds.js";
import type { Translation } from "./translation.js";

/** The secrets that a translation holds something of, by reference. */
export function secretRefsOf({ roles }: Pick<Translation, "roles">): ReadonlySet<string> {
  const refs = new Set<string>();
  for (const { secrets } of roles.values()) {
    for (const { name = "" } of secrets) {
      const content = sdsContentOf(name);
      if (content !== undefined && "ref" in content) refs.add(content.ref);
    }
  }
  return refs;
}
