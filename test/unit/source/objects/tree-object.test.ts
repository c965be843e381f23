import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseTreeObject } from "../../../../src/source/objects/tree-object.js";

const oid = Buffer.from("0123456789abcdef0123456789abcdef01234567", "hex");
const entry = (mode: string, name: string | Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name), Buffer.from([0]), oid]);

describe("parseTreeObject()", () => {
  it("reads every kind of entry, whatever its name", () => {
    const content = Buffer.concat([
      entry("40000", "folder"),
      entry("040000", "old folder"),
      entry("100644", "file"),
      entry("100755", "program"),
      entry("100664", ""),
      entry("120000", "li nk"),
      entry("160000", Uint8Array.from([0xff, 0x2f])),
    ]);
    assert.deepEqual(
      parseTreeObject(content).map(({ kind, name }) => `${kind} ${name.toString("latin1")}`),
      [
        "tree folder",
        "tree old folder",
        "file file",
        "file program",
        "file ",
        "symlink li nk",
        "submodule \xff/",
      ],
    );
    assert.equal(parseTreeObject(content)[0]?.oid, oid.toString("hex"));
    assert.deepEqual(parseTreeObject(Buffer.alloc(0)), []);
  });

  const whole = entry("100644", "a");
  for (const [name, content] of [
    ["is cut off in its oid", whole.subarray(0, -1)],
    ["is cut off in its name", whole.subarray(0, 8)],
    ["is cut off in its mode", whole.subarray(0, 3)],
    ["has a mode that there is not", entry("100", "a")],
    ["has a mode in letters", entry("10x644", "a")],
    ["has a mode without end", entry("0".repeat(50) + "100644", "a")],
    ["has no mode", entry("", "a")],
  ] as const) {
    it(`refuses a tree that ${name}`, () => {
      assert.throws(() => parseTreeObject(content), { message: "a tree object is damaged" });
    });
  }
});
