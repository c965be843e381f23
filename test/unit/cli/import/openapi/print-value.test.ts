import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  joinPieces,
  maxExactPieces,
  plainPathText,
  type Piece,
} from "../../../../../src/cli/import/openapi/print-value.js";
import { parseTemplate } from "../../../../../src/templates/parse-template.js";

const always = (text: string): Piece => ({ text });
const maybe = (text: string): Piece => ({ text, condition: `exists("${text}")` });

/** What a template of pieces comes to, if those in `there` are. Knows what joinPieces() writes only. */
function rendered(template: string, there: readonly string[]): string {
  const { nodes, faults } = parseTemplate(template);
  assert.deepEqual(faults, []);
  const holds = (condition: unknown): boolean =>
    [...JSON.stringify(condition).matchAll(/"kind":"string","value":"(\w+)"/g)].some(
      ([, name = ""]) => there.includes(name),
    );
  const walk = (parts: typeof nodes): string =>
    parts
      .map((node) => {
        if (node.kind === "text") return node.text;
        assert.ok(node.kind === "if");
        const branch = node.branches.find(({ condition }) => holds(condition));
        return walk(branch?.body ?? node.otherwise);
      })
      .join("");
  return walk(nodes);
}

describe("joinPieces()", () => {
  for (const [pieces, there, expected] of [
    [[], [], ""],
    [[always("a"), always("b")], [], "?a&b"],
    [[maybe("a"), always("b"), maybe("c")], [], "?b"],
    [[maybe("a"), always("b"), maybe("c")], ["a", "c"], "?b&a&c"],
    [[maybe("a"), maybe("b"), maybe("c")], [], ""],
    [[maybe("a"), maybe("b"), maybe("c")], ["a"], "?a"],
    [[maybe("a"), maybe("b"), maybe("c")], ["c"], "?c"],
    [[maybe("a"), maybe("b"), maybe("c")], ["a", "c"], "?a&c"],
    [[maybe("a"), maybe("b"), maybe("c")], ["a", "b", "c"], "?a&b&c"],
  ] as const) {
    const shown = pieces.map(({ text, condition }) => text + (condition ? "?" : "")).join(" ");
    it(`joins ${shown || "nothing"} with ${there.join(" ") || "none"} there`, () => {
      assert.equal(rendered(joinPieces(pieces, "?", "&"), there), expected);
    });
  }

  it("puts nothing before the first of a form", () => {
    const template = joinPieces([maybe("a"), maybe("b")], "", "&");
    assert.deepEqual(
      [[], ["b"], ["a", "b"]].map((there) => rendered(template, there)),
      ["", "b", "a&b"],
    );
  });

  it("leaves a separator behind where there are very many", () => {
    const names = Array.from({ length: maxExactPieces + 1 }, (_, index) => `p${index}`);
    const template = joinPieces(names.map(maybe), "?", "&");
    assert.equal(rendered(template, ["p1", "p9"]), "?p1&p9&");
  });
});

describe("plainPathText()", () => {
  for (const [text, expected] of [
    ["/a/b-c.d~e?f=g&h", "/a/b-c.d~e?f=g&h"],
    ["/a b/ü/#/{x}/%20", "/a%20b/%C3%BC/%23/%7Bx%7D/%20"],
    ["/\ud800", "/%EF%BF%BD"],
  ] as const) {
    it(`encodes what cannot stand in ${JSON.stringify(text)}`, () => {
      assert.equal(plainPathText(text), expected);
    });
  }
});
