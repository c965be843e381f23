import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sameRoute } from "../../../../../src/cli/objects/route/compare-routes.js";
import type { Route } from "../../../../../src/model/virtual-service.js";

const route: Route = {
  request_matcher: { path_prefix: "/", verbs: ["GET", "POST"], headers: { a: "1", b: "" } },
  single_destination: { upstream: { name: "pets" } },
};

describe("sameRoute()", () => {
  for (const [name, other, want] of [
    [
      "rewrites and extensions do not count",
      { prefix_rewrite: "/x", extensions: { timeout: 1 } },
      true,
    ],
    [
      "nor does the order of methods and headers",
      { request_matcher: { headers: { b: "", a: "1" }, verbs: ["POST", "GET"], path_prefix: "/" } },
      true,
    ],
    ["another path", { request_matcher: { ...route.request_matcher, path_prefix: "/a" } }, false],
    ["another form of path", { request_matcher: { path_exact: "/" } }, false],
    [
      "fewer headers",
      { request_matcher: { ...route.request_matcher, headers: { a: "1" } } },
      false,
    ],
    ["another upstream", { single_destination: { upstream: { name: "cats" } } }, false],
    [
      "a function of the upstream",
      { single_destination: { function: { upstream_name: "pets", function_name: "list" } } },
      false,
    ],
  ] as const) {
    it(`${want}: ${name}`, () => {
      assert.equal(sameRoute(route, { ...route, ...other }), want);
      assert.equal(sameRoute({ ...route, ...other }, route), want);
    });
  }

  it("weighted destinations are compared with their weights", () => {
    const weighted = (weight: number): Route => ({
      request_matcher: { path_prefix: "/" },
      multiple_destinations: [{ destination: { upstream: { name: "pets" } }, weight }],
    });
    assert.equal(sameRoute(weighted(1), weighted(1)), true);
    assert.equal(sameRoute(weighted(1), weighted(2)), false);
  });
});
