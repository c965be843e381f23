import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { deflateSync } from "node:zlib";
import { readLooseObject } from "../../../../src/source/objects/loose-object.js";

describe("readLooseObject()", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-loose-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function write(bytes: Uint8Array): Promise<string> {
    const path = join(folder, "object");
    await writeFile(path, bytes);
    return path;
  }

  it("gives type, size and content", async () => {
    const path = await write(deflateSync("blob 5\0hello"));
    const { type, size, content } = readLooseObject(path) ?? assert.fail();
    assert.deepEqual([type, size, content.toString()], ["blob", 5, "hello"]);
  });

  it("gives the size from the head alone", async () => {
    const whole = deflateSync(
      Buffer.concat([Buffer.from("blob 900000\0"), Buffer.alloc(900_000, "ab1")]),
    );
    const path = await write(whole.subarray(0, 200));
    assert.equal(readLooseObject(path, "head")?.size, 900_000);
    assert.throws(() => readLooseObject(path), { name: "CorruptObjectError" });
  });

  it("gives nothing for a file that is not there", () => {
    assert.equal(readLooseObject(join(folder, "gone")), undefined);
    assert.equal(readLooseObject(join(folder, "gone"), "head"), undefined);
  });

  for (const [name, bytes] of [
    ["is empty", Buffer.alloc(0)],
    ["is not compressed", Buffer.from("blob 5\0hello")],
    ["has another size than it says", deflateSync("blob 6\0hello")],
    ["is of no known type", deflateSync("blub 5\0hello")],
    ["has no end of its head", deflateSync("blob 5")],
    ["has a size that is no number", deflateSync("blob -5\0hello")],
  ] as const) {
    it(`refuses an object that ${name}`, async () => {
      const path = await write(bytes);
      assert.throws(() => readLooseObject(path), { name: "CorruptObjectError" });
    });
  }
});
