import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatDiagnosticsJunit } from "../../../src/diagnostics/format-junit.js";
import { sampleDiagnostics } from "../../support/diagnostics.js";

const files = ["ok & fine.yaml", "upstreams/pets.yaml"];

describe("formatDiagnosticsJunit()", () => {
  it("has a passed case for each file that nothing is wrong with", () => {
    assert.equal(
      formatDiagnosticsJunit([], { files }),
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="gloo check" tests="2" failures="0" errors="0">
  <testsuite name="gloo check" tests="2" failures="0" errors="0">
    <testcase classname="gloo check" name="ok &amp; fine.yaml" file="ok &amp; fine.yaml"/>
    <testcase classname="gloo check" name="upstreams/pets.yaml" file="upstreams/pets.yaml"/>
  </testsuite>
</testsuites>
`,
    );
  });

  it("fails files with errors, and has a case for what is in no file", () => {
    const text = formatDiagnosticsJunit(sampleDiagnostics, { files });
    assert.match(text, /<testsuites name="gloo check" tests="4" failures="2" errors="0">/);
    assert.ok(
      text.includes(
        '<failure message="Upstream &quot;pets&quot; is declared more than once" type="name/duplicate">upstreams/pets.yaml:3:7: error name/duplicate: ',
      ),
    );
    assert.match(text, /name="the whole config">\s*<failure message="the weights/);
    assert.match(text, /<system-out>a, b: c\.yaml:1:1: warning route\/lower-case-verb: /);
  });

  it("fails files with warnings only if told so", () => {
    const warnings = sampleDiagnostics.slice(2);
    assert.match(formatDiagnosticsJunit(warnings, { files }), / failures="0"/);
    const strict = formatDiagnosticsJunit(warnings, { files, failsOnWarnings: true });
    assert.match(strict, / failures="1"/);
  });

  it("has no character that XML cannot hold, and no markup from the config", () => {
    const [first] = sampleDiagnostics;
    assert.ok(first);
    const message = "]]><x/>\u0000\u001b\ufffe\uffff";
    const text = formatDiagnosticsJunit([{ ...first, message }], { files: [] });
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|<x\/>/);
  });

  it("says how many more there are in a file", () => {
    const [first] = sampleDiagnostics;
    assert.ok(first);
    const text = formatDiagnosticsJunit([first, { ...first, pointer: "/x" }], { files });
    assert.match(text, /declared more than once \(and 1 more\)"/);
  });
});
