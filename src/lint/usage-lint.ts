import { isWanted } from "../diagnostics/apply-severities.js";
import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { Config } from "../model/resource.js";
import { destinationsOf } from "../translate/routes.js";
import type { LintInput } from "./lint.js";

/** What nothing leads to. It is looked for only where somebody wants to hear of it. */
export function lintUsage(input: LintInput): readonly Diagnostic[] {
  const severities = input.config.policies?.value.severity;
  return [
    ...(isWanted("lint/unused-upstream", severities) ? unusedUpstreams(input) : []),
    ...(isWanted("lint/unused-function", severities) ? unusedFunctions(input.config) : []),
  ];
}

function unusedUpstreams({ config, translation }: LintInput): readonly Diagnostic[] {
  const used = new Set<string>();
  for (const { upstreams } of translation.roles.values()) {
    for (const { upstream } of upstreams) used.add(upstream.ref.name);
  }
  return [...config.upstreams.values()]
    .filter(({ ref }) => !used.has(ref.name))
    .map((upstream) => diagnostic("lint/unused-upstream", {}, targetOf(upstream, "")));
}

/** Names shown of one upstream. */
const maxNames = 10;

function unusedFunctions(config: Config): readonly Diagnostic[] {
  const called = new Map<string, Set<string>>();
  for (const { value } of config.virtualServices.values()) {
    for (const route of value.routes) {
      for (const { destination } of destinationsOf(route, "")) {
        const { function: target } = destination;
        if (target === undefined) continue;
        const known = called.get(target.upstream_name) ?? new Set();
        called.set(target.upstream_name, known.add(target.function_name));
      }
    }
  }
  return [...config.upstreams.values()].flatMap((upstream) => {
    const own = called.get(upstream.ref.name);
    const idle = (upstream.value.functions ?? []).filter(({ name }) => own?.has(name) !== true);
    if (idle.length === 0) return [];
    const quoted = idle.slice(0, maxNames).map(({ name }) => `"${name}"`);
    const names = quoted.join(", ") + (idle.length > maxNames ? ", …" : "");
    const params = { names, count: idle.length };
    const target = targetOf(upstream, "/functions", "key");
    return [diagnostic("lint/unused-function", params, target)];
  });
}
