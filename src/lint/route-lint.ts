import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { Located } from "../model/resource.js";
import type { VirtualService } from "../model/virtual-service.js";
import type { CompiledRoute, HostRoutes } from "../routing/route-table.js";
import { createCoverage, equalConditions, isPlainPrefix } from "./coverage.js";
import { matchesAllPaths, matchesNoPath } from "./regex-lint.js";

/** More than this of one virtual service have a single cause, most likely. */
const maxFound = 25;

/** Routes of a virtual service that no request reaches, and regexes that say all or nothing. */
export function lintRoutes(
  { routes }: HostRoutes,
  virtualService: Located<VirtualService>,
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const coverage = createCoverage();
  for (const route of routes) {
    if (found.length >= maxFound) break;
    const pointer = `/routes/${route.index}`;
    const first = coverage.firstCovering(route);
    coverage.add(route);
    if (first !== undefined) {
      // That a prefix without conditions takes all is said by validation.
      if (!isPlainPrefix(first)) found.push(unreached(route, first, virtualService));
      continue;
    }
    const { kind, text } = route.match.path;
    if (kind !== "regex") continue;
    const target = () => targetOf(virtualService, `${pointer}/request_matcher/path_regex`);
    if (matchesAllPaths(text)) {
      found.push(diagnostic("lint/regex-matches-all", { regex: text }, target()));
    } else if (matchesNoPath(text)) {
      found.push(diagnostic("lint/regex-never-matches", { regex: text }, target()));
    }
  }
  return found;
}

function unreached(
  route: CompiledRoute,
  first: CompiledRoute,
  virtualService: Located<VirtualService>,
): Diagnostic {
  const { index } = first;
  const location = virtualService.origin.locate(`/routes/${index}`);
  const target = {
    ...targetOf(virtualService, `/routes/${route.index}`),
    related: [{ message: `route ${index} is here`, location }],
  };
  return equalConditions(first.match, route.match)
    ? diagnostic("lint/duplicate-route", { index }, target)
    : diagnostic("lint/shadowed-route", { index }, target);
}
