import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Kind, Config, Located } from "../model/resource.js";
import type { LocatedPolicies } from "../model/policies.js";
import { createHostMatcher, type HostMatcher } from "../lib/host-pattern.js";
import type { RouteTable } from "../routing/route-table.js";
import type { TranslatedUpstream } from "../translate/clusters.js";
import type { Translation } from "../translate/translation.js";
import { checkHosts, checkUpstream } from "./upstream-policies.js";
import { checkName } from "./name-policies.js";
import { checkTls } from "./tls-policy.js";
import { checkVirtualService } from "./virtual-service-policies.js";

/** What policies are about: a config, and what Envoys would be served of it. */
export interface PolicyInput {
  readonly config: Config;
  readonly translation: Translation;
  /** Made when it is first asked for. */
  readonly routes: () => RouteTable;
}

/** Says what breaks the repository's own policies. */
export type PolicyCheck = (input: PolicyInput) => readonly Diagnostic[];

/** Creates the check. An object is looked at again only after it or the policies changed. */
export function createPolicyCheck(): PolicyCheck {
  let last: { readonly policies: LocatedPolicies; readonly rules: Rules } | undefined;
  return ({ config, translation, routes }) => {
    const { policies } = config;
    if (policies === undefined) return [];
    if (last?.policies !== policies) last = { policies, rules: createRules(policies) };
    const { rules } = last;
    return [
      ...rules.ofObjects(config),
      ...rules.ofClusters(translation),
      ...(policies.value.require_tls === true ? checkTls(routes(), config) : []),
    ];
  };
}

interface Rules {
  ofObjects(config: Config): readonly Diagnostic[];
  ofClusters(translation: Translation): readonly Diagnostic[];
}

function createRules({ value: policies }: LocatedPolicies): Rules {
  const { forbidden_hosts: forbidden = [] } = policies;
  const isForbidden: HostMatcher = createHostMatcher(forbidden);
  const objects = {
    Upstream: createObjectRules<Config["upstreams"]>((upstream) => [
      ...checkName(upstream, policies),
      ...checkUpstream(upstream, policies, isForbidden),
    ]),
    VirtualService: createObjectRules<Config["virtualServices"]>((virtualService) => [
      ...checkName(virtualService, policies),
      ...checkVirtualService(virtualService, policies),
    ]),
    Role: createObjectRules<Config["roles"]>((role) => checkName(role, policies)),
    Attribute: createObjectRules<Config["attributes"]>((attribute) =>
      checkName(attribute, policies),
    ),
  } satisfies Record<Kind, unknown>;
  const lists = new WeakMap<readonly TranslatedUpstream[], readonly Diagnostic[]>();
  const clusters = new WeakMap<TranslatedUpstream, readonly Diagnostic[]>();
  const ofCluster = (upstream: TranslatedUpstream): readonly Diagnostic[] => {
    let found = clusters.get(upstream);
    if (found === undefined) clusters.set(upstream, (found = checkHosts(upstream, isForbidden)));
    return found;
  };
  return {
    ofObjects: (config) => [
      ...objects.Upstream(config.upstreams),
      ...objects.VirtualService(config.virtualServices),
      ...objects.Role(config.roles),
      ...objects.Attribute(config.attributes),
    ],
    ofClusters({ roles }) {
      if (forbidden.length === 0) return [];
      // Of an upstream that several roles have, all say the same, which is told once.
      return [...roles.values()].flatMap(({ upstreams }) => {
        let found = lists.get(upstreams);
        if (found === undefined) lists.set(upstreams, (found = upstreams.flatMap(ofCluster)));
        return found;
      });
    },
  };
}

type LocatedIn<Objects> = Objects extends ReadonlyMap<string, infer Value> ? Value : never;

/** Checks the objects of a kind: each once, and none while none of them changes. */
function createObjectRules<Objects extends ReadonlyMap<string, Located<unknown>>>(
  check: (located: LocatedIn<Objects>) => readonly Diagnostic[],
): (objects: Objects) => readonly Diagnostic[] {
  const known = new WeakMap<Located<unknown>, readonly Diagnostic[]>();
  let last: Objects | undefined;
  let all: readonly Diagnostic[] = [];
  return (objects) => {
    if (objects === last) return all;
    all = [...objects.values()].flatMap((located) => {
      let found = known.get(located);
      // The values of the map are of the type that `check` takes.
      if (found === undefined) known.set(located, (found = check(located as LocatedIn<Objects>)));
      return found;
    });
    last = objects;
    return all;
  };
}
