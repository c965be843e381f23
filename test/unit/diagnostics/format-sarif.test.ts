import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Ajv } from "ajv";
import { catalog, type DiagnosticCode } from "../../../src/diagnostics/catalog.js";
import { diagnostic, type Diagnostic } from "../../../src/diagnostics/diagnostic.js";
import { formatDiagnosticsSarif } from "../../../src/diagnostics/format-sarif.js";
import { sampleDiagnostics } from "../../support/diagnostics.js";

const schemaFile = "../../fixtures/sarif/sarif-2.1.0-rtm.5.schema.json";
const {
  $schema: _draft4,
  id,
  ...schema
} = JSON.parse(readFileSync(new URL(schemaFile, import.meta.url), "utf8")) as Record<
  string,
  unknown
>;
// The schema has a pattern that is none in Unicode mode.
const ajv = new Ajv({
  strict: false,
  validateFormats: false,
  allErrors: true,
  unicodeRegExp: false,
});
const validate = ajv.compile({ ...schema, $id: String(id) });

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly Record<string, unknown>[] } };
    readonly results: readonly Record<string, unknown>[];
  }[];
}

function logOf(diagnostics: readonly Diagnostic[]): Log {
  return JSON.parse(formatDiagnosticsSarif(diagnostics, { version: "1.2.3" })) as Log;
}

describe("formatDiagnosticsSarif()", () => {
  it("is valid, of nothing, of samples, and of every code there is", () => {
    const params = new Proxy({}, { get: () => "x" }) as never;
    const all = (Object.keys(catalog) as DiagnosticCode[]).map((code) =>
      diagnostic(code, params, {}),
    );
    for (const diagnostics of [[], sampleDiagnostics, all]) {
      assert.ok(validate(logOf(diagnostics)), ajv.errorsText(validate.errors));
    }
    // The schema would have found a mistake.
    assert.ok(!validate({ version: "2.1.0", runs: [{ tool: {}, results: [{ level: "bad" }] }] }));
  });

  it("has a rule for each code that occurs, with what the documents say of it", () => {
    const [run] = logOf(sampleDiagnostics).runs;
    const rules = run?.tool.driver.rules ?? [];
    assert.deepEqual(
      rules.map((rule) => rule["id"]),
      ["name/duplicate", "route/lower-case-verb", "route/weights-too-large"],
    );
    const text = `${catalog["name/duplicate"].explain}\n\nExample:\n\n\`\`\`yaml\n${catalog["name/duplicate"].example}\n\`\`\``;
    assert.deepEqual(rules[0]?.["help"], { text, markdown: text });
  });

  it("says where, how bad, what explains it, and by what it is known again", () => {
    const [run] = logOf(sampleDiagnostics).runs;
    assert.deepEqual(run?.results[0], {
      ruleId: "name/duplicate",
      ruleIndex: 0,
      level: "error",
      message: {
        text: 'Upstream/pets#/name: Upstream "pets" is declared more than once\nhint: rename one of them, and what refers to it',
      },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "upstreams/pets.yaml", uriBaseId: "%SRCROOT%" },
            region: { startLine: 3, startColumn: 7 },
          },
          logicalLocations: [{ name: "pets", fullyQualifiedName: "Upstream/pets#/name" }],
        },
      ],
      relatedLocations: [
        {
          id: 0,
          message: { text: "first declared here" },
          physicalLocation: {
            artifactLocation: { uri: "teams/a/pets.yaml", uriBaseId: "%SRCROOT%" },
            region: { startLine: 1, startColumn: 7 },
          },
        },
      ],
      partialFingerprints: { "glooDiagnostic/v1": "6fe336374561bf1286a8" },
    });
    assert.equal(run?.results[2]?.["level"], "warning");
  });

  it("escapes paths as URIs have them", () => {
    const text = formatDiagnosticsSarif(sampleDiagnostics, { version: "1.2.3" });
    assert.ok(text.includes('"uri": "a%2C%20b%3A%0Ac.yaml"'));
  });
});
