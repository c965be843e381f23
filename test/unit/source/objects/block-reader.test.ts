import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openBlockReader } from "../../../../src/source/objects/block-reader.js";

describe("openBlockReader()", () => {
  it("gives the bytes of any range, also across blocks and beyond the end", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "gloo-blocks-"));
    t.after(() => rm(folder, { recursive: true }));
    const bytes = Buffer.alloc(700_001);
    for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31 + (at >> 8)) & 0xff;
    const path = join(folder, "file");
    await writeFile(path, bytes);
    const reader = openBlockReader(path);
    t.after(() => reader.close());
    assert.equal(reader.size, bytes.length);
    for (const [offset, length] of [
      [0, 10],
      [262_140, 10],
      [262_144, 1],
      [0, 700_001],
      [100, 600_000],
      [699_999, 100],
      [700_001, 5],
      [5, 0],
    ] as const) {
      assert.deepEqual(reader.read(offset, length), bytes.subarray(offset, offset + length));
      reader.release();
    }
  });
});
