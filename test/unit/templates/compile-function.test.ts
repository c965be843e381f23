import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileFunction, type Parameters } from "../../../src/templates/compile-function.js";
import { parsePattern, type Pattern } from "../../../src/templates/pattern.js";
import { readTemplates, type TemplateTexts } from "../../../src/templates/read-templates.js";

function pattern(text: string): Pattern {
  const read = parsePattern(text, "path");
  return typeof read === "string" ? assert.fail(read) : read;
}

function compile(texts: TemplateTexts, parameters?: Parameters) {
  const templates = readTemplates("request", texts, (place, text, fault) =>
    assert.fail(`${JSON.stringify(place)} ${text} ${fault.problem}`),
  );
  return compileFunction({ request: { templates, parameters } });
}

describe("compileFunction()", () => {
  it("gives the same for the same, and another id for anything else", () => {
    const texts = { path: "/pets/{{ id }}", body: '{"n": "{{ name }}"}' };
    assert.deepEqual(compile(texts), compile(texts));
    const others = [
      { ...texts, path: "/pets/{{ no }}" },
      { ...texts, headers: { a: "b" } },
      { path: texts.path },
    ];
    const ids = [texts, ...others].map((own) => compile(own).id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it("reads of the body only the names that are asked for", () => {
    const { src } = compile(
      { path: "/{{ id }}", body: '{"a": "{{ pet.name }}", "b": {{ default(tags, 1) }}}' },
      { path: pattern("/x/{id}") },
    );
    assert.match(src, /wanted=\{\["id"\]=true,\["pet"\]=true,\["tags"\]=true\}/);
  });

  it("never looks into the body where all names are those of loops and of the request", () => {
    const { src } = compile(
      {
        path: "/{{ method }}{{ path }}",
        headers: { x: '{{ header("y") }}{% for i in range(2) %}{{ i }}{{ index }}{% endfor %}' },
        body: "constant",
      },
      {},
    );
    assert.doesNotMatch(src, /from_body/);
  });

  it("has path, method, scheme and authority only where there are parameters", () => {
    assert.match(compile({ path: "/{{ method }}" }).src, /from_body/);
    assert.match(compile({ path: "/{{ method }}" }, {}).src, /pseudo\(c,":method"\)/);
  });

  it("holds texts as literals that they cannot leave", () => {
    const { src } = compile({
      path: "/x",
      headers: { a: 'x"]]..os.exit()--' },
      body: '{"\\"": "{{ default(a, "\\"..os.exit()..\\"") }}"}',
    });
    assert.doesNotMatch(src, /[^\x20-\x7e\n]/);
    assert.match(src, /"x\\034\]\]\.\.os\.exit\(\)--"/);
    assert.match(src, /"\\034\.\.os\.exit\(\)\.\.\\034"/);
  });

  it("takes what stands behind a ? of a path as a query", () => {
    const { src } = compile({ path: "/{{ b }}" }, { path: pattern("/x/{a}?b={b}") });
    assert.match(src, /query=true,d=\{1,2\},no=\{"\[\/\?\]","&"\}/);
  });
});

describe("the format of a body", () => {
  for (const [format, body, type] of [
    ["json", '{"a": 1}'],
    ["json", "  [1]"],
    ["json", "{% if a %}{ }{% endif %}"],
    ["json", "{{ a }}"],
    ["json", "hello {{ a }}", "application/problem+json"],
    ["text", "hello {{ a }}"],
    ["text", '{"a": 1}', "text/plain"],
    ["form", "a={{ a }}", "application/x-www-form-urlencoded"],
    ["xml", "<a>{{ a }}</a>", "application/soap+xml"],
    ["xml", "<p>{{ a }}</p>", "text/html"],
    ["json", '{"a": 1}', "{{ type }}"],
  ] as const) {
    it(`is ${format}: ${body}${type === undefined ? "" : ` as ${type}`}`, () => {
      const headers = type === undefined ? {} : { "Content-Type": type };
      const { body: read } = readTemplates("request", { body, headers }, () => undefined);
      assert.equal(read?.format, format);
    });
  }
});

describe("readTemplates()", () => {
  const faultsOf = (message: "request" | "response", texts: TemplateTexts) => {
    const faults: string[] = [];
    readTemplates(message, texts, (place, _text, { code, problem }) =>
      faults.push(`${place.field} ${code} ${problem}`),
    );
    return faults;
  };

  for (const [message, texts, wanted] of [
    ["request", { path: "pets" }, /path template\/malformed-text a path begins with "\/"/],
    ["request", { path: "{# #}" }, /a path begins with "\/"/],
    ["request", { headers: { "Content-Length": "1" } }, /set by Envoy itself/],
    ["request", { headers: { "x-gloo-origin": "1" } }, /used by the gateway itself/],
    ["request", { headers: { ":status": "200" } }, /a request has no header ":status"/],
    [
      "response",
      { headers: { ":path": "/" } },
      /a response has no header ":path"; there is :status/,
    ],
    ["request", { headers: { A: "1", a: "2" } }, /"a" is set twice/],
    ["request", { path: "/", headers: { ":path": "/" } }, /":path" is set twice/],
    ["request", { headers: { host: "a", ":authority": "b" } }, /":authority" is set twice/],
    ["request", { headers: { ":path": "pets" } }, /headers template\/malformed-text a path begins/],
  ] as const) {
    it(`refuses ${JSON.stringify(texts)} of a ${message}`, () => {
      const faults = faultsOf(message, texts);
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0] ?? "", wanted);
    });
  }

  it("forgives the line break that YAML's block texts end with", () => {
    assert.deepEqual(faultsOf("request", { path: "/a/{{ b }}\n", headers: { x: "y\n" } }), []);
  });
});
