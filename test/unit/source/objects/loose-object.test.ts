import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
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

  it("gives type and content", async () => {
    const path = await write(deflateSync("blob 5\0hello"));
    assert.deepEqual(readLooseObject(path), { type: "blob", content: Buffer.from("hello") });
    assert.deepEqual(readLooseObject(path, 5), readLooseObject(path));
  });

  it("gives only the size of an object that is too large, whatever follows its head", async () => {
    const whole = deflateSync(Buffer.from(`blob 900000\0${"ab1".repeat(300_000)}`));
    const path = await write(whole.subarray(0, 200));
    assert.deepEqual(readLooseObject(path, 899_999), { size: 900_000 });
    assert.throws(() => readLooseObject(path), { name: "CorruptObjectError" });
  });

  it("gives nothing for a file that is not there", () => {
    assert.equal(readLooseObject(join(folder, "gone")), undefined);
  });

  for (const [name, bytes] of [
    ["is empty", Buffer.alloc(0)],
    ["is not compressed", Buffer.from("blob 5\0hello")],
    ["has another size than it says", deflateSync("blob 6\0hello")],
    ["is of no known type", deflateSync("blub 5\0hello")],
    ["has less than it says", deflateSync("blob 4\0hello")],
    ["has much more than it says", deflateSync(`blob 4\0${randomBytes(9_000).toString("latin1")}`)],
    ["has no end of its head", deflateSync("blob 5")],
    ["has a size that is no number", deflateSync("blob -5\0hello")],
  ] as const) {
    it(`refuses an object that ${name}`, async () => {
      const path = await write(bytes);
      assert.throws(() => readLooseObject(path), { name: "CorruptObjectError" });
    });
  }
});
