import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Located } from "../model/resource.js";
import type { VirtualService } from "../model/virtual-service.js";
import type { HostRoutes } from "../routing/route-table.js";
import { createDomainLint } from "./domain-lint.js";
import type { LintInput } from "./lint-input.js";
import { lintRoutes } from "./route-lint.js";
import { createUsageLint } from "./usage-lint.js";

/** Says what is right and does not do what it seems to. */
export type Lint = (input: LintInput) => readonly Diagnostic[];

/** Creates the lint. What did not change since an earlier call is not looked at again. */
export function createLint(): Lint {
  const ofHosts = new WeakMap<HostRoutes, KnownHost>();
  const lintDomains = createDomainLint();
  const lintUsage = createUsageLint();

  function ofHost(
    host: HostRoutes,
    virtualService: Located<VirtualService>,
  ): readonly Diagnostic[] {
    let known = ofHosts.get(host);
    if (known?.virtualService !== virtualService) {
      known = { virtualService, found: lintRoutes(host, virtualService) };
      ofHosts.set(host, known);
    }
    return known.found;
  }

  return (input) => {
    const found: Diagnostic[] = [];
    const hosts = new Set<HostRoutes>();
    for (const { listeners } of input.routes.roles) {
      for (const { chains } of listeners) {
        for (const chain of chains) for (const host of chain.hosts) hosts.add(host);
      }
    }
    for (const host of hosts) {
      const virtualService = input.config.virtualServices.get(host.virtualService);
      if (virtualService !== undefined) found.push(...ofHost(host, virtualService));
    }
    return [...found, ...lintDomains(input), ...lintUsage(input)];
  };
}

interface KnownHost {
  readonly virtualService: Located<VirtualService>;
  readonly found: readonly Diagnostic[];
}
