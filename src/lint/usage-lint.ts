import { isWanted } from "../diagnostics/apply-severities.js";
import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { Config, Located } from "../model/resource.js";
import type { Upstream } from "../model/upstream.js";
import type { VirtualService } from "../model/virtual-service.js";
import { destinationsOf } from "../translate/routes.js";
import type { LintInput } from "./lint-input.js";

/**
 * Creates the lint of what nothing leads to. It is looked for only where somebody wants to hear of it, and
 * again only after what leads to upstreams, or these, changed.
 */
export function createUsageLint(): (input: LintInput) => readonly Diagnostic[] {
  const upstreams = createUpstreamUsage();
  const functions = createFunctionUsage();
  return (input) => {
    const severities = input.config.policies?.value.severity;
    return [
      ...(isWanted("lint/unused-upstream", severities) ? upstreams(input) : []),
      ...(isWanted("lint/unused-function", severities) ? functions(input.config) : []),
    ];
  };
}

function createUpstreamUsage(): (input: LintInput) => readonly Diagnostic[] {
  let seen: readonly unknown[] = [];
  let found: readonly Diagnostic[] = [];
  return ({ config, translation }) => {
    const served = [...translation.roles.values()].map(({ upstreams }) => upstreams);
    const looked = [config.upstreams, ...served];
    if (isSame(looked, seen)) return found;
    const used = new Set(served.flatMap((all) => all.map(({ upstream }) => upstream.ref.name)));
    found = [...config.upstreams.values()]
      .filter(({ ref }) => !used.has(ref.name))
      .map((upstream) => diagnostic("lint/unused-upstream", {}, targetOf(upstream, "")));
    seen = looked;
    return found;
  };
}

/** Names shown of one upstream. */
const maxNames = 10;

function createFunctionUsage(): (config: Config) => readonly Diagnostic[] {
  const calls = new WeakMap<Located<VirtualService>, readonly string[]>();
  let seen: Config["upstreams"] | undefined;
  let listing: readonly Located<Upstream>[] = [];
  return ({ upstreams, virtualServices }) => {
    if (upstreams !== seen) {
      listing = [...upstreams.values()].filter(({ value }) => value.functions !== undefined);
      seen = upstreams;
    }
    if (listing.length === 0) return [];
    const called = new Set<string>();
    for (const virtualService of virtualServices.values()) {
      let own = calls.get(virtualService);
      if (own === undefined) calls.set(virtualService, (own = callsOf(virtualService.value)));
      for (const call of own) called.add(call);
    }
    return listing.flatMap((upstream) => {
      const idle = (upstream.value.functions ?? [])
        .map(({ name }) => name)
        .filter((name) => !called.has(callOf(upstream.ref.name, name)));
      if (idle.length === 0) return [];
      const quoted = idle.slice(0, maxNames).map((name) => `"${name}"`);
      const names = quoted.join(", ") + (idle.length > maxNames ? ", …" : "");
      const params = { names, count: idle.length };
      return [diagnostic("lint/unused-function", params, targetOf(upstream, "/functions", "key"))];
    });
  };
}

function callsOf({ routes }: VirtualService): readonly string[] {
  return routes.flatMap((route) =>
    destinationsOf(route, "").flatMap(({ destination: { function: target } }) =>
      target === undefined ? [] : [callOf(target.upstream_name, target.function_name)],
    ),
  );
}

function callOf(upstream: string, name: string): string {
  return JSON.stringify([upstream, name]);
}

function isSame(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
