import { roleOfNode } from "../serve/node-role.js";
import type { EnvoyId } from "../serve/serve-events.js";

/** The role of virtual services that name none; Envoys ask for it by the name of the environment alone. */
const defaultRole = "ingress";

/** How the roles of one environment's config are called by the Envoys of all environments. */
export interface EnvironmentRoles {
  /** The name of the environment. */
  readonly environment: string;
  /** What Envoys ask for to be served a role of the config: `staging`, `staging.internal`. */
  outsideOf(inside: string): string;
  /** The role of the config that an Envoy asks for; undefined: it asks for none of this environment. */
  insideOf(outside: string): string | undefined;
}

/**
 * Role `ingress` of an environment is called as the environment is, any other one has the environment's
 * name and a dot before its own. `given` are other names, by roles of the config. Names of environments
 * have no dots, so that no role is of two.
 */
export function createEnvironmentRoles(
  environment: string,
  given: Readonly<Record<string, string>> = {},
): EnvironmentRoles {
  const outsides = new Map(Object.entries(given));
  const insides = new Map(Object.entries(given).map(([inside, outside]) => [outside, inside]));
  const prefix = `${environment}.`;
  const outsideOf = (inside: string): string =>
    outsides.get(inside) ?? (inside === defaultRole ? environment : prefix + inside);
  return {
    environment,
    outsideOf,
    insideOf(outside) {
      const named = insides.get(outside);
      if (named !== undefined) return named;
      if (outside !== environment && !outside.startsWith(prefix)) return undefined;
      const inside = outside === environment ? defaultRole : outside.slice(prefix.length);
      // A role has one name: `staging.ingress` is none, nor is `staging` if it was given another one.
      return outsideOf(inside) === outside ? inside : undefined;
    },
  };
}

/** Whether an Envoy asks for something of an environment, whether or not there is such a role. */
export function isOfEnvironment({ environment }: EnvironmentRoles, role: string): boolean {
  return role === environment || role.startsWith(`${environment}.`);
}

/** The role that an Envoy is served, or else the one that its node id names. */
export function askedRoleOf({ role, nodeId }: EnvoyId): string | undefined {
  return role ?? roleOfNode({ id: nodeId, cluster: "", metadataRole: undefined }, () => false);
}
