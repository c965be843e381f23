import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTestReader } from "../../../src/parse/test-files.js";
import { treeOf } from "../../support/tree.js";

const text = "tests: []\n";
const files = {
  "tests/a.yaml": text,
  "tests/deep/b.json": '{"tests": []}',
  "teams/x/tests/c.yml": text,
  "tests/README.md": "no test",
  "files/tests/d.yaml": text,
  "secrets/tests/e.yaml": text,
  ".github/tests/f.yaml": text,
  "upstreams/g.yaml": text,
};

describe("createTestReader()", () => {
  it("reads YAML and JSON below folders named tests, at any depth", () => {
    const { value, diagnostics } = createTestReader().readTests(treeOf(files));
    assert.deepEqual(value.map(({ origin }) => origin.file).sort(), [
      "teams/x/tests/c.yml",
      "tests/a.yaml",
      "tests/deep/b.json",
    ]);
    assert.deepEqual(diagnostics, []);
  });

  it("leaves out what gloo.yaml ignores", () => {
    const tree = treeOf({ ...files, "gloo.yaml": "ignore: [teams/**, tests/deep/*]\n" });
    const { value } = createTestReader().readTests(tree);
    assert.deepEqual(
      value.map(({ origin }) => origin.file),
      ["tests/a.yaml"],
    );
  });

  it("gives the same object for a file that did not change", () => {
    const reader = createTestReader();
    const tree = treeOf(files);
    const [before] = reader.readTests(tree).value;
    const after = reader.readTests(treeOf({ ...files, "upstreams/g.yaml": "name: g\n" }, tree));
    assert.ok(before !== undefined && after.value.includes(before));
  });

  it("reads every document of a file, and says which ones are none", () => {
    const tree = treeOf({ "tests/a.yaml": "tests: []\n---\n- x\n---\ntests: []\n" });
    const { value, diagnostics } = createTestReader().readTests(tree);
    assert.equal(value.length, 2);
    assert.deepEqual(
      diagnostics.map(({ code, location }) => [code, location?.line]),
      [["object/not-a-mapping", 3]],
    );
  });
});
