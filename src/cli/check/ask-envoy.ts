import { diagnostic, type Diagnostic, type Target } from "../../diagnostics/diagnostic.js";
import { validateRole } from "../../envoy-binary/validate.js";
import type { Config, Located } from "../../model/resource.js";
import type { RoleSnapshot, Snapshot } from "../../snapshot/snapshot.js";
import { findCulprit, type Culprit } from "./find-culprit.js";

/** How long to look for what Envoy refuses, once it is known that it does, in milliseconds. */
const searchMs = 15_000;

/**
 * What a real Envoy refuses about a snapshot, one diagnostic a role, at the object at fault where one
 * can be found. Throws `EnvoyBinaryError` when Envoy cannot be run.
 */
export async function askEnvoy(
  envoyPath: string,
  { snapshot, config }: { readonly snapshot: Snapshot; readonly config: Config },
  signal: AbortSignal,
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const role of snapshot.roles.values()) {
    const reason = await validateRole(envoyPath, role, signal);
    if (reason === undefined) continue;
    const culprit = await search(envoyPath, role, signal);
    const target = targetOf(culprit, role.role, config);
    found.push(diagnostic("envoy/refused", { role: role.role, reason }, target));
  }
  return found;
}

async function search(
  envoyPath: string,
  role: RoleSnapshot,
  signal: AbortSignal,
): Promise<Culprit | undefined> {
  const deadline = AbortSignal.timeout(searchMs);
  try {
    const either = AbortSignal.any([signal, deadline]);
    return await findCulprit(
      role,
      async (part) => (await validateRole(envoyPath, part, either)) !== undefined,
    );
  } catch (cause) {
    // The refusal itself is known and told; where it comes from is a help that may take too long.
    if (deadline.aborted && !signal.aborted) return undefined;
    throw cause;
  }
}

/** Clusters are named like their upstreams, virtual hosts like their virtual services. */
function targetOf(culprit: Culprit | undefined, role: string, config: Config): Target {
  const located: Located<unknown> | undefined =
    culprit?.kind === "cluster"
      ? config.upstreams.get(culprit.name)
      : culprit?.kind === "virtual-host"
        ? config.virtualServices.get(culprit.name)
        : config.roles.get(role);
  if (located === undefined) return {};
  return { resource: located.ref, location: located.origin.locate("") };
}
