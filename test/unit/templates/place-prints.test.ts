import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseTemplate } from "../../../src/templates/parse-template.js";
import { placePrints, type Format } from "../../../src/templates/place-prints.js";
import { placeOf } from "../../../src/templates/syntax.js";

function place(text: string, format: Format) {
  const { nodes, faults } = parseTemplate(text);
  assert.deepEqual(faults, []);
  return placePrints(nodes, format);
}

describe("placePrints()", () => {
  for (const [text, ...wanted] of [
    ["{{ a }}", "in_json"],
    ['{"a": {{ a }}, "b": "{{ b }}", "c": {{ c }}}', "in_json", "in_string", "in_json"],
    ['"\\"{{ a }}\\\\{{ b }}"{{ c }}', "in_string", "in_string", "in_json"],
    ['{% if x %}"{{ a }}"{% else %}{{ b }}{% endif %}', "in_string", "in_json"],
    ['"{% if x %}{{ a }}{% endif %}"', "in_string"],
    ['[{% for x in xs %}"{{ x }}",{% endfor %}{{ y }}]', "in_string", "in_json"],
    ['{"{{ key }}": 1}', "in_string"],
    ["'{{ a }}'", "in_json"],
  ] as const) {
    it(`follows the strings of ${text}`, () => {
      const { escapes, faults } = place(text, "json");
      assert.deepEqual(faults, []);
      assert.deepEqual([...escapes.values()], wanted);
    });
  }

  for (const [text, problem, column] of [
    ['{% if x %}"{% endif %}{{ a }}"', /inside a JSON string or outside/, 1],
    ['{"a": "{% if x %}a"{% else %}b{% endif %}}', /inside a JSON string or outside/, 8],
    ['{% for x in xs %}"{{ x }}{% endfor %}', /inside a JSON string or outside/, 1],
    ['"\\{{ a }}"', /backslash/, 3],
    ['"\\{% if a %}{% endif %}"', /backslash/, 3],
    ['{"a": "{{ a }}', /not closed/, 1],
  ] as const) {
    it(`refuses ${text}`, () => {
      const [fault] = place(text, "json").faults;
      assert.ok(fault);
      assert.equal(fault.code, "template/unsafe-place");
      assert.match(fault.problem, problem);
      assert.equal(placeOf(text, fault.offset).column, column);
    });
  }

  for (const [format, escape] of [
    ["path", "in_url"],
    ["header", "in_header"],
    ["form", "in_url"],
    ["xml", "in_xml"],
    ["text", "text"],
  ] as const) {
    it(`escapes values in a ${format} by ${escape}, in blocks too`, () => {
      const { escapes } = place('/"{{ a }}{% if b %}{{ c }}{% endif %}', format);
      assert.deepEqual([...escapes.values()], [escape, escape]);
    });
  }

  for (const [text, ...wanted] of [
    ['{"a": "{{ a }}", "b": {{ b }}}', "in_string", "in_json_line"],
    ['["{{ a }}", {{ b }}]', "in_string", "in_json_line"],
    ['W/"{{ a }}"', "in_header"],
    ['"{{ a }}"', "in_string"],
    ["[{{ a }}]:{{ b }}", "in_header", "in_header"],
    ["{{ a }}", "in_header"],
  ] as const) {
    it(`sees whether the header ${text} is JSON`, () => {
      const { escapes, faults } = place(text, "header");
      assert.deepEqual(faults, []);
      assert.deepEqual([...escapes.values()], wanted);
    });
  }

  for (const [format, text, problem, column] of [
    ["path", "/a b", /" " cannot stand in a path; write it as %20/, 3],
    ["path", "/a#b", /"#" cannot stand/, 3],
    ["path", "/{{ a }}/é", /write it as %C3%A9/, 10],
    ["path", "/{{ a }}\n/b", /"\\n" cannot stand/, 9],
    ["path", "/a/../b", /leads to another path/, 3],
    ["header", "a\r\nx-b: c", /"\\r" cannot stand in a header/, 2],
  ] as const) {
    it(`refuses the text of ${JSON.stringify(text)} in a ${format}`, () => {
      const [fault] = place(text, format).faults;
      assert.ok(fault);
      assert.equal(fault.code, "template/malformed-text");
      assert.match(fault.problem, problem);
      assert.equal(fault.offset, column - 1);
    });
  }
});
