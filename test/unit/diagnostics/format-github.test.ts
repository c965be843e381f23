import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatDiagnosticsGithub } from "../../../src/diagnostics/format-github.js";
import { sampleDiagnostics } from "../../support/diagnostics.js";

describe("formatDiagnosticsGithub()", () => {
  const lines = formatDiagnosticsGithub(sampleDiagnostics).trimEnd().split("\n");

  it("gives one command for each", () => {
    assert.equal(lines.length, sampleDiagnostics.length);
    assert.equal(formatDiagnosticsGithub([]), "");
  });

  it("names the place, the code and the hint", () => {
    assert.equal(
      lines[0],
      "::error file=upstreams/pets.yaml,line=3,col=7,title=name/duplicate::" +
        'Upstream/pets#/name: Upstream "pets" is declared more than once' +
        "%0Ahint: rename one of them, and what refers to it",
    );
  });

  it("has no place where there is none", () => {
    assert.match(lines[1] ?? "", /^::error title=route\/weights-too-large::the weights/);
  });

  it("escapes what would end a property, a command or a line", () => {
    assert.match(lines[2] ?? "", /^::warning file=a%2C b%3A%0Ac\.yaml,line=1,col=1,title=/);
    // A second command would have to begin a line.
    assert.match(lines[2] ?? "", /"get ::error:: \[2J100%25"%0Ahint: write GET ::ERROR::/);
  });
});
