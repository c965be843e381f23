import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RouteChange } from "../../../../src/changes/changes.js";
import { countChanges } from "../../../../src/cli/diff/diff-report.js";

const host: RouteChange = {
  change: "removed",
  role: "ingress",
  virtualService: "pets",
  domains: ["pets.example"],
  match: undefined,
  outcome: undefined,
  index: undefined,
  location: undefined,
  fields: [],
};
const route: RouteChange = { ...host, match: "/*", outcome: "pets", index: 0 };

describe("countChanges()", () => {
  it("counts hosts and routes apart, and leaves out what there is none of", () => {
    assert.equal(
      countChanges({ objects: [], routes: [host, route, route], resources: [] }),
      "1 host, 2 routes",
    );
  });
});
