import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { diagnostic, type Diagnostic } from "../../../src/diagnostics/diagnostic.js";
import { subtractKnown } from "../../../src/diagnostics/subtract-known.js";

const verb = (text: string, route: number, line: number): Diagnostic =>
  diagnostic(
    "route/lower-case-verb",
    { verb: text },
    {
      resource: { kind: "VirtualService", name: "pets" },
      pointer: `/routes/${route}/request_matcher/verbs/0`,
      location: { file: `virtualservices/${line}.yaml`, line, column: 1 },
    },
  );
const broken = (file: string): Diagnostic =>
  diagnostic("yaml/syntax", { reason: "no" }, { location: { file, line: 1, column: 1 } });

describe("subtractKnown()", () => {
  it("knows what has moved to another line or file", () => {
    const { fresh, known } = subtractKnown([verb("get", 0, 9)], [verb("get", 0, 1)]);
    assert.deepEqual({ fresh, known }, { fresh: [], known: [verb("get", 0, 9)] });
  });

  it("knows what has moved in a list", () => {
    const before = [verb("get", 0, 1), verb("put", 1, 2)];
    const after = [verb("head", 0, 1), verb("get", 1, 2), verb("put", 2, 3)];
    assert.deepEqual(subtractKnown(after, before).fresh, [verb("head", 0, 1)]);
  });

  it("counts: of two that are alike, one is new if there was one", () => {
    const before = [verb("get", 0, 1)];
    const after = [verb("get", 0, 1), verb("get", 3, 8)];
    assert.deepEqual(subtractKnown(after, before).fresh, [verb("get", 3, 8)]);
    assert.deepEqual(subtractKnown(after, after).fresh, []);
  });

  it("goes by the file where there is no object", () => {
    const { fresh } = subtractKnown([broken("a.yaml"), broken("b.yaml")], [broken("a.yaml")]);
    assert.deepEqual(fresh, [broken("b.yaml")]);
  });

  it("takes another message for another mistake", () => {
    assert.equal(subtractKnown([verb("get", 0, 1)], [verb("put", 0, 1)]).fresh.length, 1);
  });
});
