import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { LIMITS } from "../../../../src/source/limits.js";
import { openBlockReader } from "../../../../src/source/objects/block-reader.js";
import {
  CorruptObjectError,
  oidOf,
  type GitObject,
} from "../../../../src/source/objects/git-object.js";
import { indexPack } from "../../../../src/source/objects/index-pack.js";
import { SourceError } from "../../../../src/source/source-error.js";
import { createObjectCache } from "../../../../src/source/objects/object-cache.js";
import {
  encodePackIndex,
  parsePackIndex,
  type IndexedObject,
} from "../../../../src/source/objects/pack-index.js";
import { createTestRepository, runGit, runGitBytes } from "../../../support/git-repo.js";

/** Indexes a pack. `bases` are what other packs hold; `cacheBytes` is what is remembered meanwhile. */
async function index(
  t: TestContext,
  bytes: Uint8Array,
  { bases = [] as readonly GitObject[], cacheBytes = 1_000_000, limits = LIMITS } = {},
): Promise<readonly IndexedObject[]> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-index-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "pack"), bytes);
  const pack = openBlockReader(join(folder, "pack"));
  t.after(() => pack.close());
  const cache = createObjectCache(cacheBytes);
  return indexPack(pack, {
    limits,
    signal: new AbortController().signal,
    recall: (offset) => cache.get(offset),
    remember: (offset, object) => cache.set(offset, object),
    outside(oid) {
      const found = bases.find(({ type, content }) => oidOf(type, content) === oid);
      if (found === undefined)
        throw new CorruptObjectError(`object ${oid} is missing`, { missing: true });
      return found;
    },
  });
}

const codes = { commit: 1, tree: 2, blob: 3, tag: 4, offset: 6, ref: 7 } as const;

/** The head of an entry of a pack: its type, and the size of its data. */
function headOf(code: number, bytes: number): Buffer {
  const head: number[] = [];
  let size = bytes >> 4;
  let byte = (code << 4) | (bytes & 15);
  while (size > 0) {
    head.push(byte | 0x80);
    byte = size & 0x7f;
    size >>= 7;
  }
  return Buffer.from([...head, byte]);
}

/** One entry of a pack: its head, what comes between, and its data, compressed. */
function entry(code: number, data: Buffer, between: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([headOf(code, data.length), between, deflateSync(data)]);
}

function packOf(entries: readonly Buffer[], count = entries.length): Buffer {
  const head = Buffer.from("PACK\0\0\0\x02\0\0\0\0", "latin1");
  head.writeUInt32BE(count, 8);
  const body = Buffer.concat([head, ...entries]);
  return Buffer.concat([body, createHash("sha1").update(body).digest()]);
}

/** A delta that appends to a base of fewer than 128 bytes. */
function appending(base: Buffer, text: string): Buffer {
  const size = base.length + text.length;
  return Buffer.concat([
    Buffer.from([base.length, size, 0x90, base.length, text.length]),
    Buffer.from(text),
  ]);
}

const blob = (text: string): GitObject => ({ type: "blob", content: Buffer.from(text) });
const oid = (text: string): string => oidOf("blob", Buffer.from(text));
const refDelta = (base: string, text: string): Buffer =>
  entry(codes.ref, appending(Buffer.from(base), text), Buffer.from(oid(base), "hex"));

describe("indexPack()", () => {
  it("makes the index that Git makes, byte for byte, however little is remembered", async (t) => {
    const repo = await createTestRepository();
    t.after(() => repo.remove());
    const lines = Array.from({ length: 300 }, (_, line) => `# line ${line}`);
    for (let version = 0; version < 25; version++) {
      lines[version * 7] = `# version ${version}`;
      await repo.commit({
        "files/x": lines.join("\n"),
        [`upstreams/${version}.yaml`]: "name: x\n",
      });
    }
    await repo.git("tag", "-a", "-m", "release", "v1");
    for (const args of [["--delta-base-offset"], []]) {
      const all = ["pack-objects", "--all", "--stdout", "--quiet", "--depth=20", ...args];
      const pack = await runGitBytes(repo.folder, all);
      const path = join(repo.folder, "x.pack");
      await writeFile(path, pack);
      await runGit(repo.folder, ["index-pack", "--index-version=2", path]);
      const want = await readFile(join(repo.folder, "x.idx"));
      for (const cacheBytes of [0, 20_000, 10_000_000]) {
        const found = await index(t, pack, { cacheBytes });
        assert.deepEqual(encodePackIndex(found, pack.subarray(-20)), want);
      }
      const parsed = parsePackIndex(want);
      for (const { oid: name, offset } of await index(t, pack)) {
        assert.equal(parsed.offsetOf(name), offset);
      }
    }
  });

  it("finds bases that come later, in any order, and in other packs", async (t) => {
    const a = Buffer.from("outside");
    const entries = [
      refDelta("base+1+2", "+3"),
      refDelta("base+1", "+2"),
      refDelta("base", "+1"),
      refDelta("outside+1", "+2"),
      refDelta("outside", "+1"),
      entry(codes.blob, Buffer.from("base")),
    ];
    const found = await index(t, packOf(entries), { bases: [{ type: "blob", content: a }] });
    const want = ["base+1+2+3", "base+1+2", "base+1", "outside+1+2", "outside+1", "base"].map(oid);
    assert.deepEqual(found.map((object) => object.oid).sort(), want.sort());
  });

  it("resolves a chain whose links all come in the wrong order in one go", async (t) => {
    const texts = Array.from({ length: 60 }, (_, length) => "x".repeat(length + 1));
    const links = texts.slice(1).map((text, at) => refDelta(texts[at] ?? "", text.slice(-1)));
    const pack = packOf([...links.reverse(), entry(codes.blob, Buffer.from("x"))]);
    // Every delta is unpacked once: what is counted is little more than what there is.
    const limits = { ...LIMITS, maxUnpackedBytes: 3_000 };
    assert.equal((await index(t, pack, { limits })).length, 60);
  });

  it("either names every object of a pack or complains, whatever bytes it is made of", async (t) => {
    const repo = await createTestRepository();
    t.after(() => repo.remove());
    const text = Array.from({ length: 60 }, (_, line) => `# line ${line}\n`).join("");
    await repo.commit({ "files/x": text });
    await repo.commit({ "files/x": `${text}more\n` });
    const pack = await runGitBytes(repo.folder, ["pack-objects", "--all", "--stdout", "--quiet"]);
    const whole = (await index(t, pack)).length;
    const change = fc.record({
      at: fc.nat(pack.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    });
    const changes = fc.array(change, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(changes, async (made) => {
        const bad = Buffer.from(pack);
        for (const { at, bytes } of made) bad.set(bytes.slice(0, bad.length - at), at);
        try {
          assert.equal((await index(t, bad)).length, whole);
        } catch (error) {
          const isKnown = error instanceof CorruptObjectError || error instanceof SourceError;
          if (!isKnown) throw error;
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  describe("an object that is named piece by piece", () => {
    const size = 3_000_000;
    const content = Buffer.alloc(size, "a line of text, again and again\n");
    const noise = randomBytes(size);
    const first = entry(codes.blob, Buffer.from("first"));
    const last = entry(codes.blob, Buffer.from("last"));
    const saying = (bytes: number, data: Buffer): Buffer =>
      Buffer.concat([headOf(codes.blob, bytes), data]);

    it("has the name and place that Git gives it, and may be a base", async (t) => {
      const copy = Buffer.from([0xc0, 0x8d, 0xb7, 0x01, 5, 0x90, 5]);
      const large = { type: "blob", content } as const;
      const delta = entry(codes.ref, copy, Buffer.from(oidOf("blob", content), "hex"));
      const entries = [delta, first, entry(codes.blob, content), entry(codes.blob, noise), last];
      const pack = packOf(entries);
      const found = await index(t, pack);
      const want = [
        oid(content.subarray(0, 5).toString()),
        oid("first"),
        oidOf(large.type, large.content),
        oidOf("blob", noise),
        oid("last"),
      ];
      assert.deepEqual(found.map((object) => object.oid).sort(), want.sort());
      const repo = await createTestRepository();
      t.after(() => repo.remove());
      const path = join(repo.folder, "large.pack");
      await writeFile(path, pack);
      await runGit(repo.folder, ["index-pack", "--index-version=2", path]);
      const made = encodePackIndex(found, pack.subarray(-20));
      assert.deepEqual(made, await readFile(join(repo.folder, "large.idx")));
    });

    for (const [name, bad] of [
      ["is larger than it says", saying(size - 1, deflateSync(content))],
      ["is smaller than it says", saying(size + 1, deflateSync(content))],
      ["is cut off", saying(size, deflateSync(noise).subarray(0, 1_000_000))],
      ["is not compressed", saying(size, noise)],
      ["is not there", saying(size, Buffer.alloc(0))],
    ] as const) {
      it(`is refused when it ${name}`, async (t) => {
        await assert.rejects(index(t, packOf([first, bad, last])), { name: "CorruptObjectError" });
      });
    }
  });

  const good = entry(codes.blob, Buffer.from("base"));
  const offsetTo = (distance: number): Buffer =>
    entry(codes.offset, appending(Buffer.from("base"), "+"), Buffer.from([distance]));
  for (const [name, pack] of [
    ["is not a pack", Buffer.from("nonsense, and then some more of it")],
    ["is of another version", packOf([good]).fill(3, 7, 8)],
    ["is empty", Buffer.alloc(0)],
    ["has fewer objects than it says", packOf([good], 2)],
    ["has more objects than it says", packOf([good, good], 1)],
    ["has a delta without a base", packOf([refDelta("nowhere", "+")])],
    ["has two deltas that are each other's base", packOf([refDelta("a", "b"), refDelta("ab", "")])],
    ["has a delta of itself", packOf([good, offsetTo(0)])],
    ["has a delta of what lies before the pack", packOf([good, offsetTo(100)])],
    ["has a delta of the middle of an object", packOf([good, offsetTo(3)])],
    ["has an object of an unknown type", packOf([entry(5, Buffer.from("x"))])],
    [
      "has an object larger than it says",
      packOf([Buffer.concat([Buffer.from([0x31]), deflateSync("more than one")])]),
    ],
    [
      "has an object smaller than it says",
      packOf([Buffer.concat([Buffer.from([0x3f]), deflateSync("less")])]),
    ],
    ["has a size without an end", packOf([Buffer.alloc(40, 0xbf)])],
  ] as const) {
    it(`refuses a pack that ${name}`, async (t) => {
      await assert.rejects(index(t, pack), { name: "CorruptObjectError" });
    });
  }

  it("refuses what a delta makes before it is made, if that is too large", async (t) => {
    const bomb = Buffer.from([4, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x90, 4]);
    const pack = packOf([good, entry(codes.ref, bomb, Buffer.from(oid("base"), "hex"))]);
    await assert.rejects(index(t, pack), { code: "source/too-large", message: /maxObjectBytes/ });
  });

  it("refuses an object that says it is large before there is room made for it", async (t) => {
    const huge = Buffer.from([0xbf, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    await assert.rejects(index(t, packOf([huge])), { code: "source/too-large" });
  });

  it("stops when it is told to", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "gloo-index-"));
    t.after(() => rm(folder, { recursive: true }));
    const many = Array.from({ length: 20_000 }, (_, at) => entry(codes.blob, Buffer.from(`${at}`)));
    await writeFile(join(folder, "pack"), packOf(many));
    const pack = openBlockReader(join(folder, "pack"));
    t.after(() => pack.close());
    const signal = AbortSignal.abort(new Error("enough"));
    const options = { limits: LIMITS, signal, recall: () => undefined, remember: () => undefined };
    await assert.rejects(indexPack(pack, { ...options, outside: () => blob("") }), /enough/);
  });
});
