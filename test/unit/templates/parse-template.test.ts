import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseTemplate } from "../../../src/templates/parse-template.js";
import { placeOf, type Expression } from "../../../src/templates/syntax.js";

/** The expression as text, with parentheses around every operation. */
function shown(expression: Expression): string {
  switch (expression.kind) {
    case "string":
      return JSON.stringify(expression.value);
    case "number":
      return expression.text;
    case "word":
      return String(expression.value);
    case "variable":
      return expression.path.join(".");
    case "not":
      return `(not ${shown(expression.operand)})`;
    case "binary":
      return `(${shown(expression.left)} ${expression.operator} ${shown(expression.right)})`;
    case "list":
      return `[${expression.items.map(shown).join(" ")}]`;
    case "object":
      return `{${expression.entries.map(([key, value]) => `${key}:${shown(value)}`).join(" ")}}`;
    case "call":
      return `${expression.name}(${expression.args.map(shown).join(" ")})`;
  }
}

function expressionOf(text: string): string {
  const { nodes, faults } = parseTemplate(`{{ ${text} }}`);
  assert.deepEqual(faults, []);
  const [node, ...more] = nodes;
  assert.deepEqual(more, []);
  return node?.kind === "print" ? shown(node.expression) : assert.fail("no print");
}

describe("the expressions of a template", () => {
  for (const [text, wanted] of [
    ["name", "name"],
    ["pet.owner.first-name", "pet.owner.first-name"],
    ["pets.0.name", "pets.0.name"],
    ["@type", "@type"],
    ["straße", "straße"],
    ["in.or.not", "in.or.not"],
    ["-1.5e+3", "-1.5e+3"],
    ["0", "0"],
    [`"a \\"quoted\\" \\u00e9 }} {%"`, `"a \\"quoted\\" é }} {%"`],
    ["true", "true"],
    ["null", "null"],
    ["[]", "[]"],
    [`[1, "a", [x]]`, `[1 "a" [x]]`],
    [`{"a": {"b": 1}}`, "{a:{b:1}}"],
    [`{"a": x}`, "{a:x}"],
    ["a or b and c", "(a or (b and c))"],
    ["(a or b) and c", "((a or b) and c)"],
    ["not a and b", "((not a) and b)"],
    ["not a == b", "(not (a == b))"],
    ["not not a", "(not (not a))"],
    [`a == 1 and b in ["x"]`, `((a == 1) and (b in ["x"]))`],
    ["a<b", "(a < b)"],
    ["a>=1", "(a >= 1)"],
    ["a!=b", "(a != b)"],
    ["upper(name)", "upper(name)"],
    [`default(upper(first(names)), "x, y")`, `default(upper(first(names)) "x, y")`],
    ["default(default(a, b), default(c, 1))", "default(default(a b) default(c 1))"],
    ["length(range(3)) > 2", "(length(range(3)) > 2)"],
    [`header("x-a") == ""`, `(header("x-a") == "")`],
    ["\n  a  \n", "a"],
  ] as const) {
    it(`${JSON.stringify(text)} is ${wanted}`, () => assert.equal(expressionOf(text), wanted));
  }
});

describe("the blocks of a template", () => {
  it("are if, else if and else", () => {
    const { nodes, faults } = parseTemplate("{% if a %}A{% else if b %}B{% else %}C{% endif %}D");
    assert.deepEqual(faults, []);
    const [block, text] = nodes;
    assert.ok(block?.kind === "if" && text?.kind === "text");
    assert.deepEqual(
      block.branches.map(({ condition }) => shown(condition)),
      ["a", "b"],
    );
    assert.deepEqual(
      [...block.branches.flatMap(({ body }) => body), ...block.otherwise, text].map((node) =>
        node.kind === "text" ? node.text : "?",
      ),
      ["A", "B", "C", "D"],
    );
  });

  it("are loops over lists and over objects", () => {
    const { nodes, faults } = parseTemplate(
      "{% for x in xs %}{% for k, v in x %}{% endfor %}{% endfor %}",
    );
    assert.deepEqual(faults, []);
    const [outer] = nodes;
    assert.ok(outer?.kind === "for");
    assert.deepEqual(outer.names, ["x"]);
    const [inner] = outer.body;
    assert.ok(inner?.kind === "for");
    assert.deepEqual(inner.names, ["k", "v"]);
  });

  it("may be lines that begin with ##, which leave no line behind", () => {
    const { nodes, faults } = parseTemplate("a\n  ## if x\nb\n## endif\nc");
    assert.deepEqual(faults, []);
    const [before, block, after] = nodes;
    assert.ok(before?.kind === "text" && block?.kind === "if" && after?.kind === "text");
    assert.equal(before.text, "a\n");
    assert.deepEqual(
      block.branches[0]?.body.map((node) => node.kind === "text" && node.text),
      ["b\n"],
    );
    assert.equal(after.text, "c");
  });

  it("are not begun by ## within a line", () => {
    const { nodes } = parseTemplate("a ## if x");
    assert.deepEqual(nodes, [{ kind: "text", text: "a ## if x", offset: 0 }]);
  });

  it("have comments anywhere, which leave nothing", () => {
    const { nodes, faults } = parseTemplate("a{# {{ nothing }} #}b");
    assert.deepEqual(faults, []);
    assert.deepEqual(nodes, [{ kind: "text", text: "ab", offset: 0 }]);
  });
});

describe("the faults of a template", () => {
  for (const [text, code, line, column, problem] of [
    ["b {{ a", "syntax", 1, 3, /"{{" is not closed by "}}"/],
    ["{{ a }, {{ b }}", "syntax", 1, 6, /unexpected "}": "}}" ends it/],
    ["x\n{{ }}", "syntax", 2, 4, /a value expected, not the end/],
    ["{{ a b }}", "syntax", 1, 6, /"b" is too much/],
    ["{{ 'a' }}", "syntax", 1, 4, /double quotes/],
    ["{{ a + b }}", "syntax", 1, 6, /no arithmetic/],
    ["{{ 1-2 }}", "syntax", 1, 4, /not a number/],
    ["{{ 01 }}", "syntax", 1, 4, /not a number/],
    ["{{ a | upper }}", "syntax", 1, 6, /no filters/],
    ["{{ a && b }}", "syntax", 1, 6, /write "and"/],
    ["{{ !a }}", "syntax", 1, 4, /write "not"/],
    ["{{ a = b }}", "syntax", 1, 6, /write "=="/],
    ["{{ /a }}", "syntax", 1, 4, /members are reached with dots/],
    [`{{ "a }}`, "syntax", 1, 4, /not one of JSON/],
    [`{{ "\\x" }}`, "syntax", 1, 4, /not one of JSON/],
    ["{{ and }}", "syntax", 1, 4, /a value expected, not "and"/],
    ["{{ (a }}", "syntax", 1, 7, /"\)" expected, not the end/],
    ["{{ [a }}", "syntax", 1, 7, /"]" expected/],
    [`{{ {a: 1} }}`, "syntax", 1, 5, /a key in double quotes expected/],
    ["{{ uper(a) }}", "unknown-function", 1, 4, /no function "uper"; did you mean "upper"\?/],
    ["{{ toString(a) }}", "unknown-function", 1, 4, /no function "toString"/],
    ["{{ upper() }}", "syntax", 1, 4, /takes one argument, not 0/],
    ["{{ default(a) }}", "syntax", 1, 4, /takes 2 arguments, not 1/],
    ["{{ exists(a) }}", "syntax", 1, 4, /name in quotes/],
    ["{% iff a %}", "syntax", 1, 4, /no statement "iff"; did you mean "if"\?/],
    ["{% set a = 1 %}", "syntax", 1, 10, /write "=="/],
    ["{% %}", "syntax", 1, 4, /a statement expected/],
    [`{% include "a" %}`, "unsupported", 1, 4, /each template stands alone/],
    ["{% if a %}", "syntax", 1, 1, /"if" is not closed by "endif"/],
    ["{% endif %}", "syntax", 1, 1, /"endif" closes nothing/],
    ["{% for x in y %}{% endif %}{% endfor %}", "syntax", 1, 17, /stands where "endfor" is due/],
    ["{% else %}", "syntax", 1, 1, /stands in no "if"/],
    ["{% if a %}{% else %}{% else %}{% endif %}", "syntax", 1, 21, /last "else" already/],
    ["{% for x y %}{% endfor %}", "syntax", 1, 10, /"in" expected/],
    ["{% for a.b in y %}{% endfor %}", "syntax", 1, 8, /name of a loop variable expected/],
    ["{% for index in y %}{% endfor %}", "syntax", 1, 14, /a name of every loop/],
    ["a\n## if x y\nb\n## endif", "syntax", 2, 9, /"y" is too much/],
    ["{# a", "syntax", 1, 1, /not closed by "#}"/],
    ["{% if a", "syntax", 1, 1, /"{%" is not closed by "%}"/],
    [`{{ ${"(".repeat(50)}a${")".repeat(50)} }}`, "too-large", 1, 28, /nested more than 24/],
    [`${"{% if a %}".repeat(20)}`, "too-large", 1, 121, /nested more than 12/],
    ["{{ a }}".repeat(1_001), "too-large", 1, 7_001, /more than 1000 tags/],
    ["x".repeat(70_000), "too-large", 1, 1, /more than 65536 characters/],
  ] as const) {
    it(`${JSON.stringify(text.slice(0, 60))} is told`, () => {
      const [first] = parseTemplate(text).faults;
      assert.ok(first, "no fault");
      assert.equal(first.code, `template/${code}`);
      assert.match(first.problem, problem);
      assert.deepEqual(placeOf(text, first.offset), { line, column });
    });
  }

  it("are all told, one for each tag", () => {
    const { faults } = parseTemplate("{{ a + }}{{ ok }}{{ uper(b) }}{% fro %}");
    assert.deepEqual(
      faults.map(({ code, offset }) => [code, offset]),
      [
        ["template/syntax", 5],
        ["template/unknown-function", 20],
        ["template/syntax", 33],
      ],
    );
  });

  it("are found in anything without throwing", () => {
    const pieces = fc.constantFrom(
      "{{",
      "}}",
      "{%",
      "%}",
      "{#",
      "#}",
      "\n##",
      "\n",
      "if",
      "else",
      "for",
      "in",
      "end",
      "endif",
      "endfor",
      "a",
      ".",
      ",",
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      ":",
      '"',
      "\\",
      "1",
      "-",
      "==",
      " ",
      "default",
      "\u0000",
      "\ud800",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join("");
        for (const { offset } of parseTemplate(text).faults) {
          assert.ok(offset >= 0 && offset <= text.length);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
