import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { covers, createCoverage } from "../../../src/lint/coverage.js";
import type { CompiledRoute, RouteCondition } from "../../../src/routing/route-table.js";
import { conditionOf } from "../../../src/routing/route-condition.js";
import { matchOf } from "../../../src/translate/matchers.js";
import type { RequestMatcher } from "../../../src/model/virtual-service.js";

function conditionFor(matcher: RequestMatcher): RouteCondition {
  const match = matchOf({ request_matcher: matcher });
  assert.ok(match);
  return conditionOf(match, undefined);
}

describe("covers()", () => {
  for (const [want, outer, inner] of [
    [true, { path_prefix: "/a" }, { path_prefix: "/ab" }],
    [true, { path_prefix: "/" }, { path_regex: ".*x" }],
    [true, { path_prefix: "/a" }, { path_regex: "/a/[0-9]+" }],
    [false, { path_prefix: "/a/" }, { path_regex: "/a/?b" }],
    [false, { path_prefix: "/a" }, { path_regex: "/a|/b" }],
    [false, { path_prefix: "/a" }, { path_regex: "(?i)/a" }],
    [false, { path_prefix: "/ab" }, { path_prefix: "/a" }],
    [true, { path_exact: "/a" }, { path_exact: "/a" }],
    [false, { path_exact: "/a" }, { path_prefix: "/a" }],
    [true, { path_regex: "/a/[0-9]+" }, { path_exact: "/a/12" }],
    [false, { path_regex: "/a/[0-9]+" }, { path_exact: "/a/b" }],
    [false, { path_regex: "/a/.*" }, { path_prefix: "/a/" }],
    [true, { path_regex: "/.*" }, { path_prefix: "/a" }],
    [true, { path_prefix: "/", verbs: ["GET", "PUT"] }, { path_prefix: "/", verbs: ["PUT"] }],
    [false, { path_prefix: "/", verbs: ["GET"] }, { path_prefix: "/" }],
    [true, { path_prefix: "/" }, { path_prefix: "/", headers: { a: "1" } }],
    [true, { path_prefix: "/", headers: { A: "" } }, { path_prefix: "/", headers: { a: "1" } }],
    [false, { path_prefix: "/", headers: { a: "1" } }, { path_prefix: "/", headers: { a: "" } }],
    [true, { path_prefix: "/", headers: { a: "x.*" } }, { path_prefix: "/", headers: { a: "xy" } }],
    [
      false,
      { path_prefix: "/", query_params: { a: "" } },
      { path_prefix: "/", query_params: { A: "" } },
    ],
  ] as const) {
    it(`${String(want)}: ${JSON.stringify(outer)} before ${JSON.stringify(inner)}`, () => {
      assert.equal(covers(conditionFor(outer), conditionFor(inner)), want);
    });
  }

  it("does not take a condition that only Envoy can judge for met", () => {
    const outer = { ...conditionFor({ path_prefix: "/" }), unjudged: ["runtime_fraction"] };
    assert.equal(covers(outer, conditionFor({ path_prefix: "/a" })), false);
  });
});

describe("createCoverage()", () => {
  const routeOf = (index: number, matcher: RequestMatcher): CompiledRoute =>
    ({ index, match: conditionFor(matcher) }) as CompiledRoute; // all that is looked at

  it("finds the first of several that cover a route", () => {
    const coverage = createCoverage();
    coverage.add(routeOf(0, { path_prefix: "/a", verbs: ["PUT"] }));
    coverage.add(routeOf(1, { path_regex: "/a/.*" }));
    coverage.add(routeOf(2, { path_prefix: "/a" }));
    assert.equal(coverage.firstCovering(routeOf(3, { path_exact: "/a/b" }))?.index, 1);
    assert.equal(coverage.firstCovering(routeOf(3, { path_prefix: "/a/b" }))?.index, 2);
    assert.equal(coverage.firstCovering(routeOf(3, { path_prefix: "/b" })), undefined);
  });

  it("takes little time for very many routes", () => {
    const coverage = createCoverage();
    const start = performance.now();
    for (let index = 0; index < 20_000; index++) {
      const route = routeOf(index, { path_prefix: `/${index}/x`, verbs: ["GET"] });
      assert.equal(coverage.firstCovering(route), undefined);
      coverage.add(route);
    }
    // All pairs would be 200 million comparisons.
    assert.ok(performance.now() - start < 5_000);
  });
});
