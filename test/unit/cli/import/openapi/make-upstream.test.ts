import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { load } from "js-yaml";
import type { OpenDocument } from "../../../../../src/cli/import/openapi/documents.js";
import { UnreadDocument } from "../../../../../src/cli/import/openapi/documents.js";
import { makeApi } from "../../../../../src/cli/import/openapi/make-upstream.js";
import { ReadContext } from "../../../../../src/cli/import/openapi/read-context.js";
import { isJsonObject, type JsonValue } from "../../../../../src/lib/json.js";
import { pointerOf, pointerTokens } from "../../../../../src/model/location.js";
import { readTemplates } from "../../../../../src/templates/read-templates.js";

const fixtures = new URL("../../../../fixtures/openapi/", import.meta.url);
const documents = [
  "swagger2/in.yaml",
  "parameters/in.yaml",
  "bodies/in.yaml",
  "openapi31/in.json",
].map((path) => load(readFileSync(new URL(path, fixtures), "utf8")) as JsonValue);

function pointersOf(value: JsonValue, pointer = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [pointer];
  const children = Object.entries(value).flatMap(([key, child]) =>
    pointersOf(child, pointerOf(pointer, key)),
  );
  return [pointer, ...children];
}

/** The value with something else at a pointer. */
function replaced(value: JsonValue, [key, ...rest]: readonly string[], by: JsonValue): JsonValue {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return (value as JsonValue[]).map((item, index) =>
      String(index) === key ? replaced(item, rest, by) : item,
    );
  }
  if (!isJsonObject(value)) return value;
  return { ...value, [key]: replaced(value[key] ?? null, rest, by) };
}

/** What somebody may have written in the place of what belongs there. */
const oddValue = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    true,
    -1,
    "",
    "/",
    "{{ x }}",
    'a"b\\{% if %}\n## for',
    "\ud800",
    {},
    [],
    [null],
    [[]],
    { $ref: "#/" },
    { $ref: "#" },
    { type: "object", properties: { "{{": { type: "string", default: '"}}' } } },
    { type: ["string", 7] },
    { oneOf: [null, 7, { allOf: {} }] },
  ),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>,
);

describe("makeApi()", () => {
  it("makes sound templates, or says what is wrong, whatever stands in the document", () => {
    const mutated = fc.constantFrom(...documents).chain((document) =>
      fc
        .array(fc.tuple(fc.constantFrom(...pointersOf(document).slice(1)), oddValue), {
          minLength: 1,
          maxLength: 3,
        })
        .map((changes) =>
          changes.reduce((value, [at, by]) => replaced(value, pointerTokens(at), by), document),
        ),
    );
    fc.assert(
      fc.property(mutated, (value) => {
        const document: OpenDocument = {
          uri: "file:///in.yaml",
          value,
          locate: () => ({ file: "in.yaml", line: 1, column: 1 }),
        };
        const context = new ReadContext(new Map([[document.uri, document]]), true);
        let functions;
        try {
          ({ functions } = makeApi({ document, pointer: "", value }, {}, context));
        } catch (cause) {
          assert.ok(cause instanceof UnreadDocument, String(cause));
          return;
        }
        for (const { value: made } of functions) {
          readTemplates("request", made.spec ?? {}, (_place, text, fault) => {
            // Paths that lead elsewhere are found by the check that follows.
            assert.match(fault.problem, /leads to another path/, `${text}: ${fault.problem}`);
          });
        }
        assert.ok(functions.length > 0 || context.problems.length > 0);
      }),
      { numRuns: 400 },
    );
  });
});
