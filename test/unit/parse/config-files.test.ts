import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createParser } from "../../../src/parse/parse-tree.js";
import { treeOf } from "../../support/tree.js";

const upstream = "name: a\ntype: static\nspec: { hosts: [{ addr: 10.0.0.1, port: 80 }] }\n";

describe("files/", () => {
  it("gives what lies there by its path below the folder, and reads none of it as config", () => {
    const { value, diagnostics } = createParser().parseTree(
      treeOf({
        "files/a.yaml": "name: [",
        "files/upstreams/b.yaml": upstream,
        "teams/t/files/protos/c.proto": new Uint8Array([0xff, 0]),
        "files/.hidden": "x",
        "upstreams/a.yaml": upstream,
      }),
    );
    assert.deepEqual(diagnostics, []);
    assert.deepEqual([...value.files.keys()], ["a.yaml", "upstreams/b.yaml", "protos/c.proto"]);
    assert.equal(value.files.get("protos/c.proto")?.path, "teams/t/files/protos/c.proto");
    assert.deepEqual([...(value.files.get("protos/c.proto")?.bytes ?? [])], [0xff, 0]);
    assert.equal(value.objects.length, 1);
  });

  it("gives the same map while no file changes, and the same file while it does not", () => {
    const parser = createParser();
    const first = treeOf({ "files/a": "1", "files/b/c": "2", "upstreams/a.yaml": upstream });
    const before = parser.parseTree(first).value.files;
    const edited = treeOf(
      { "files/a": "1", "files/b/c": "2", "upstreams/a.yaml": `${upstream}#` },
      first,
    );
    assert.equal(parser.parseTree(edited).value.files, before);
    const after = parser.parseTree(treeOf({ "files/a": "1", "files/b/c": "3" }, edited)).value
      .files;
    assert.notEqual(after, before);
    assert.equal(after.get("a"), before.get("a"));
    assert.notEqual(after.get("b/c"), before.get("b/c"));
  });

  it("reports a name that two folders have", () => {
    const { diagnostics } = createParser().parseTree(
      treeOf({ "a/files/x.proto": "1", "b/files/x.proto": "2" }),
    );
    const found = diagnostics.map(({ code, location }) => [code, location?.file]);
    assert.deepEqual(found, [["file/ambiguous-name", "b/files/x.proto"]]);
  });
});
