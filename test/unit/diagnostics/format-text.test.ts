import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatDiagnosticsText, formatSummary } from "../../../src/diagnostics/format-text.js";
import { sampleDiagnostics } from "../../support/diagnostics.js";

const [duplicate, weights, hostile] = sampleDiagnostics;

describe("formatDiagnosticsText()", () => {
  it("is file:line:col: severity code: Kind/name#pointer: message, with hint and other places below", () => {
    assert.equal(
      formatDiagnosticsText([duplicate!]),
      'upstreams/pets.yaml:3:7: error name/duplicate: Upstream/pets#/name: Upstream "pets" is declared more than once\n' +
        "  hint: rename one of them, and what refers to it\n" +
        "  teams/a/pets.yaml:1:7: first declared here\n",
    );
  });

  it("leaves out what a diagnostic does not have", () => {
    assert.match(
      formatDiagnosticsText([weights!]),
      /^error route\/weights-too-large: the weights add up to 5000000000/,
    );
  });

  it("gives hostile text neither lines of its own nor control of the terminal", () => {
    const text = formatDiagnosticsText([hostile!]);
    assert.equal(text.split("\n").length, 3);
    assert.doesNotMatch(text.replaceAll("\n", ""), /\p{Cc}/u);
    assert.match(text, /^a, b: c\.yaml:1:1: warning route\/lower-case-verb: VirtualService\/a: /);
  });

  it("colours the severity and the place", () => {
    const mark = (name: string) => (text: string) => `<${name}>${text}</>`;
    const style = { bold: mark("b"), dim: mark("d"), red: mark("r"), yellow: mark("y") };
    const [first] = formatDiagnosticsText([duplicate!], style).split("\n");
    assert.match(
      first ?? "",
      /^<b>upstreams\/pets\.yaml:3:7<\/>: <r>error<\/> <d>name\/duplicate<\/>: Upstream/,
    );
    assert.match(formatDiagnosticsText([hostile!], style), /<y>warning<\/>/);
  });

  it("is empty for none", () => {
    assert.equal(formatDiagnosticsText([]), "");
  });
});

describe("formatSummary()", () => {
  for (const [found, files, want] of [
    [[], 12, "12 files, nothing wrong"],
    [[], 1, "1 file, nothing wrong"],
    [[duplicate!], 2, "1 error in 2 files"],
    [[hostile!, hostile!], 2, "2 warnings in 2 files"],
    [sampleDiagnostics, 12, "2 errors, 1 warning in 12 files"],
  ] as const) {
    it(want, () => assert.equal(formatSummary(found, files), want));
  }
});
