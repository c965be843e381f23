import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeMatcher } from "../../../../../src/cli/objects/route/describe-route.js";
import { sortRoutes } from "../../../../../src/cli/objects/route/sort-routes.js";
import type { Route } from "../../../../../src/model/virtual-service.js";

const single_destination = { upstream: { name: "pets" } };
const event = (event_type: string): Route => ({
  event_matcher: { event_type },
  single_destination,
});
const request = (request_matcher: Route["request_matcher"] & object): Route => ({
  request_matcher,
  single_destination,
});

describe("sortRoutes()", () => {
  it("puts events first, then exact paths, regexes and prefixes, longer ones first in each", () => {
    const routes = [
      request({ path_prefix: "/" }),
      request({ path_prefix: "/longest/of/all" }),
      request({ path_regex: "/a.*" }),
      request({ path_regex: "/ab.*" }),
      request({ path_exact: "/x" }),
      request({ path_exact: "/xy" }),
      event("a"),
      event("a.longer"),
    ];
    const sorted = sortRoutes(routes).map(describeMatcher);
    assert.deepEqual(sorted, [
      "event a.longer",
      "event a",
      "exact /xy",
      "exact /x",
      "regex /ab.*",
      "regex /a.*",
      "prefix /longest/of/all",
      "prefix /",
    ]);
    assert.deepEqual(sortRoutes([...routes].reverse()).map(describeMatcher), sorted);
    assert.equal(describeMatcher(routes[0] ?? {}), "prefix /");
  });

  it("leaves routes that are equally specific in their order", () => {
    const routes = [
      request({ path_prefix: "/bb", verbs: ["GET"] }),
      request({ path_prefix: "/aa" }),
      request({ path_prefix: "/cc", headers: { a: "" } }),
    ];
    assert.deepEqual(sortRoutes(routes), routes);
  });
});
