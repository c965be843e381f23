import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { SourceLimits } from "../../../src/source/limits.js";
import { encodePacket, flushPacket } from "../../../src/source/pkt-line.js";
import { runGit, runGitBytes } from "../../support/git-repo.js";
import type { Fault, GitRequest } from "../../support/git-server.js";
import {
  createRemoteFixture,
  expectSourceError,
  filesBelow,
  neverAborted,
  readHead,
  temporaryFolder,
  textsOf,
} from "../../support/remote-source.js";

const advertisement = "application/x-git-upload-pack-advertisement";
const packet = (text: string): Buffer => encodePacket(Buffer.from(text));

/** A list of refs of protocol 1, as the test likes it. */
function listOf(refs: readonly string[], capabilities = "side-band-64k shallow"): Fault {
  const [first = "", ...others] = refs;
  const lines = [`${first}\0${capabilities}\n`, ...others.map((line) => `${line}\n`)];
  const body = Buffer.concat([
    packet("# service=git-upload-pack\n"),
    flushPacket,
    ...lines.map(packet),
    flushPacket,
  ]);
  return { kind: "status", status: 200, headers: { "content-type": advertisement }, body };
}

/** The answer to a fetch with this pack. */
function answerWith(pack: Uint8Array): Fault {
  const parts: Buffer[] = [packet("NAK\n")];
  for (let at = 0; at < pack.length; at += 60_000) {
    parts.push(encodePacket(Buffer.concat([Buffer.from([1]), pack.subarray(at, at + 60_000)])));
  }
  return { kind: "status", status: 200, body: Buffer.concat([...parts, flushPacket]) };
}

const onPost =
  (fault: Fault) =>
  ({ method }: GitRequest): Fault | undefined =>
    method === "POST" ? fault : undefined;

describe("a remote whose list of refs is wrong", () => {
  it("is not believed when the list was cut off, wherever that was", async (t) => {
    const { repo, server, open } = await createRemoteFixture(t);
    const main = await repo.resolve("main");
    await repo.git("update-ref", "refs/heads/zebra", main);
    const whole = await fetch(`${server.url}/info/refs?service=git-upload-pack`);
    const length = (await whole.arrayBuffer()).byteLength;
    // Early, between two refs, within the last one, and just before the end.
    const ends = [0, 1, 4, 30, 34, 38, 100, length - 66, length - 64, length - 5, length - 1];
    for (const fault of ["truncate", "cut"] as const) {
      for (const afterBytes of ends) {
        server.setFault(() => ({ kind: fault, afterBytes }));
        const error: unknown = await open({ ref: "zebra" })
          .head(neverAborted)
          .catch((reason: unknown) => reason);
        const code = (error as { code?: string }).code;
        const expected = fault === "cut" ? /unreachable|protocol/ : /^source\/protocol$/;
        assert.match(String(code), expected, `${fault} after ${afterBytes} of ${length} bytes`);
      }
    }
    server.setFault(undefined);
    assert.equal(await open({ ref: "zebra" }).head(neverAborted), main);
  });

  it("is not believed when an answer of protocol 2 was cut off", async (t) => {
    const { repo, server, open } = await createRemoteFixture(t);
    const main = await repo.resolve("main");
    const refs = Array.from(
      { length: 1_100 },
      (_, number) => `create refs/heads/b${number} ${main}`,
    );
    await runGit(repo.folder, ["update-ref", "--stdin"], `${refs.join("\n")}\n`);
    const source = open({ ref: "main" });
    await source.head(neverAborted);
    for (const afterBytes of [0, 3, 40, 60]) {
      server.setFault(onPost({ kind: "truncate", afterBytes }));
      await expectSourceError(source.head(neverAborted), "source/protocol");
      server.setFault(undefined);
      assert.equal(await source.head(neverAborted), main);
    }
  });

  it("cannot name a commit by a path", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const good = "1".repeat(40);
    for (const oid of [
      "../../../../etc/passwd",
      `${good}/..`,
      "",
      "zz",
      good.toUpperCase() + "0",
    ]) {
      server.setFault(() => listOf([`${oid} HEAD`, `${oid} refs/heads/main`]));
      await expectSourceError(open().head(neverAborted), "source/protocol");
    }
  });

  it("cannot write outside of the mirror by the names of its refs", async (t) => {
    const { repo, server, dataDir, open } = await createRemoteFixture(t);
    const main = await repo.resolve("main");
    const hostile = [
      "refs/heads/../../../../ESCAPED",
      "refs/heads/a..b",
      "refs/heads/-x",
      "refs/heads/\u0007",
      "../../ESCAPED",
    ].map((ref) => `${main} ${ref}`);
    server.setFault(({ method }) =>
      method === "GET"
        ? listOf(
            [`${main} HEAD`, `${main} refs/heads/main`, ...hostile],
            "side-band-64k shallow symref=HEAD:refs/heads/../../../../ESCAPED",
          )
        : undefined,
    );
    const source = open({ dataDir: join(dataDir, "deep", "data") });
    assert.deepEqual(Object.keys(await readHead(source)), ["upstreams/a.yaml", "upstreams/b.yaml"]);
    assert.deepEqual(await readdir(dataDir), ["deep"]);
    assert.deepEqual(await readdir(join(dataDir, "deep")), ["data"]);
    const files = Object.keys(await filesBelow(dataDir));
    assert.deepEqual(
      files.filter((name) => /ESCAPED|a\.\.b|-x$/.test(name)),
      [],
    );
  });

  it("says what it refuses, in one line", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const body = Buffer.concat([packet("ERR no\x1b[31m\nway\0 in"), flushPacket]);
    const headers = { "content-type": advertisement };
    server.setFault(() => ({ kind: "status", status: 200, headers, body }));
    const error = await expectSourceError(open().head(neverAborted), "source/protocol");
    assert.equal(error.message, "the remote refused: no [31m way in; it will be tried again");
  });

  it("has SHA-256 names", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const folder = await temporaryFolder(t);
    await runGit(folder, ["init", "--quiet", "--bare", "--object-format=sha256", "."]);
    server.setFolder(folder);
    const tree = (await runGit(folder, ["mktree"])).trim();
    const commit = (await runGit(folder, ["commit-tree", tree, "-m", "x"])).trim();
    await runGit(folder, ["update-ref", "HEAD", commit]);
    const error = await expectSourceError(open().head(neverAborted), "source/protocol");
    assert.match(
      error.message,
      /SHA-256 object names, which are not supported; use one with SHA-1/,
    );
  });
});

describe("a remote whose pack is wrong", () => {
  it("changes nothing when the pack was cut off", async (t) => {
    const { repo, server, dataDir, open } = await createRemoteFixture(t);
    const source = open();
    const since = await repo.resolve("main");
    const files = await readHead(source);
    const before = await filesBelow(dataDir);
    const next = await repo.commit({ "upstreams/c.yaml": "name: c\n" });
    for (const kind of ["truncate", "cut"] as const) {
      for (const afterBytes of [0, 6, 8, 60, 120, 300, 400]) {
        const fresh = open();
        server.setFault(onPost({ kind, afterBytes }));
        const head = await fresh.head(neverAborted);
        const error: unknown = await fresh
          .fetch(head, since, neverAborted)
          .catch((reason: unknown) => reason);
        const code = String((error as { code?: string }).code);
        assert.match(code, kind === "cut" ? /unreachable|protocol/ : /^source\/protocol$/);
        assert.deepEqual(await filesBelow(dataDir), before, `${kind} after ${afterBytes} bytes`);
        await fresh.close();
      }
    }
    server.setFault(undefined);
    assert.deepEqual(textsOf((await source.tree(since, neverAborted)).root), files);
    assert.equal(await source.head(neverAborted), next);
    await source.fetch(next, since, neverAborted);
    assert.equal(
      textsOf((await source.tree(next, neverAborted)).root)["upstreams/c.yaml"],
      "name: c\n",
    );
  });

  it("is found out when any byte of the pack is another one", async (t) => {
    const { repo, server, dataDir, open } = await createRemoteFixture(t);
    const head = await repo.resolve("main");
    const pack = await packOf(repo.folder, [head], ["--revs"]);
    for (let at = 0; at < pack.length; at += 29) {
      const bad = Buffer.from(pack);
      bad[at] = ~(bad[at] ?? 0);
      server.setFault(onPost(answerWith(bad)));
      const source = open();
      await source.head(neverAborted);
      await expectSourceError(source.fetch(head, undefined, neverAborted), "source/protocol");
      assert.deepEqual(await readdir(dataDir), [], "nothing is left behind");
      await source.close();
    }
    server.setFault(onPost(answerWith(pack)));
    assert.equal(Object.keys(await readHead(open())).length, 2);
  });

  it("is found out when it sends another commit than was asked for, or none", async (t) => {
    const { repo, server, open } = await createRemoteFixture(t);
    const first = await repo.resolve("main");
    const next = await repo.commit({ "upstreams/c.yaml": "" });
    const old = await packOf(repo.folder, [first], ["--revs"]);
    for (const fault of [
      answerWith(old),
      answerWith(await packOf(repo.folder, [])),
      { kind: "status", status: 200, body: packet("NAK\n") },
      { kind: "status", status: 200, body: "" },
      { kind: "status", status: 200, body: "nonsense" },
    ] as const) {
      server.setFault(onPost(fault));
      const source = open();
      assert.equal(await source.head(neverAborted), next);
      await expectSourceError(source.fetch(next, undefined, neverAborted), "source/protocol");
      await source.close();
    }
  });

  it("never gives half a tree when the pack lacks a file", async (t) => {
    const { repo, server, dataDir, open } = await createRemoteFixture(t);
    const head = await repo.resolve("main");
    const list = (await repo.git("rev-list", "--objects", head)).split("\n");
    const oids = list.map((line) => line.slice(0, 40));
    const [missing] = list
      .filter((line) => line.endsWith("b.yaml"))
      .map((line) => line.slice(0, 40));
    const partial = await packOf(
      repo.folder,
      oids.filter((oid) => oid !== missing),
    );
    server.setFault(onPost(answerWith(partial)));
    const source = open();
    await source.head(neverAborted);
    await source.fetch(head, undefined, neverAborted);
    const error = await expectSourceError(source.tree(head, neverAborted), "source/mirror-corrupt");
    assert.match(error.message, new RegExp(`object ${missing} is missing`));
    server.setFault(undefined);
    const { root } = await source.tree(head, neverAborted);
    assert.equal(Object.keys(textsOf(root)).length, 2, "it heals by itself");
    assert.ok((await readdir(dataDir)).includes("mirror"));
  });

  it("does not cost the mirror in use when a fresh clone lacks the tree", async (t) => {
    const { repo, server, dataDir, open } = await createRemoteFixture(t);
    const source = open({ limits: { maxMirrorPacks: 1 } });
    const since = await repo.resolve("main");
    const files = await readHead(source);
    const head = await repo.commit({ "upstreams/c.yaml": "name: c\n" });
    server.setFault(onPost(answerWith(await packOf(repo.folder, [head]))));
    await source.head(neverAborted);
    const error = await expectSourceError(
      source.fetch(head, since, neverAborted),
      "source/protocol",
    );
    assert.match(error.message, /did not send all of a commit: object [0-9a-f]{40} is missing/);
    assert.deepEqual(await readdir(dataDir), ["mirror"]);
    assert.deepEqual(textsOf((await source.tree(since, neverAborted)).root), files);
  });

  it("cannot read or write other files by what it says of shallow commits", async (t) => {
    const { repo, server, dataDir, open } = await createRemoteFixture(t);
    const head = await repo.resolve("main");
    const pack = await packOf(repo.folder, [head], ["--revs"]);
    const path = "../".repeat(13).slice(0, -1).padEnd(40, "x");
    const answer = answerWith(pack);
    assert.ok(answer.kind === "status" && answer.body !== undefined);
    const shallow = Buffer.concat([
      packet(`shallow ${path}`),
      packet(`unshallow ${path}`),
      flushPacket,
    ]);
    const body = Buffer.concat([shallow, Buffer.from(answer.body)]);
    server.setFault(onPost({ ...answer, body }));
    const source = open({ dataDir: join(dataDir, "deep", "data") });
    assert.equal(Object.keys(await readHead(source)).length, 2);
    assert.deepEqual(await readdir(dataDir), ["deep"]);
  });

  it("says what it refuses in the side band", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const body = Buffer.concat([packet("NAK\n"), packet("\x03out of\nmemory\x07"), flushPacket]);
    server.setFault(onPost({ kind: "status", status: 200, body }));
    const source = open();
    const head = await source.head(neverAborted);
    const error = await expectSourceError(
      source.fetch(head, undefined, neverAborted),
      "source/protocol",
    );
    assert.equal(error.message, "the remote refused: out of memory; it will be tried again");
  });

  it("may send deltas whose bases come later, or lie in the mirror", async (t) => {
    const text = Array.from({ length: 400 }, (_, line) => `# line ${line}\n`).join("");
    const { repo, server, open } = await createRemoteFixture(t, { "files/a.txt": text });
    const since = await repo.resolve("main");
    const source = open();
    await readHead(source);
    const head = await repo.commit({ "files/a.txt": `${text}# more\n` });
    const thin = await packOf(repo.folder, [head, `^${since}`], ["--revs", "--thin"]);
    assert.ok(thin.length < 700, `the pack of ${thin.length} bytes has a delta`);
    server.setFault(onPost(answerWith(thin)));
    await source.head(neverAborted);
    await source.fetch(head, since, neverAborted);
    const { root } = await source.tree(head, neverAborted);
    assert.equal(textsOf(root)["files/a.txt"], `${text}# more\n`);
    await source.close();
    const again = await open().tree(head, neverAborted);
    assert.equal(textsOf(again.root)["files/a.txt"], `${text}# more\n`);
  });
});

describe("a remote that sends too much", () => {
  async function expectTooLarge(
    source: { head(signal: AbortSignal): Promise<string> } & Parameters<typeof readHead>[0],
    limit: keyof SourceLimits,
  ): Promise<void> {
    const error = await expectSourceError(readHead(source), "source/too-large");
    assert.match(
      error.message,
      new RegExp(`exceeds the limit ${limit} of \\d+; .* raise ${limit}`),
    );
  }

  it("floods the list of refs, or the pack", async (t) => {
    const { server, dataDir, open } = await createRemoteFixture(t);
    server.setFault(() => ({ kind: "flood", afterBytes: 50 }));
    await expectTooLarge(
      open({ limits: { maxAdvertisementBytes: 100_000 } }),
      "maxAdvertisementBytes",
    );
    const big = Buffer.concat([packet("NAK\n"), ...endless(200)]);
    server.setFault(onPost({ kind: "status", status: 200, body: big }));
    await expectTooLarge(open({ limits: { maxPackBytes: 1_000_000 } }), "maxPackBytes");
    assert.deepEqual(await readdir(dataDir), []);
  });

  it("has a pack of many, of large, or of well-compressed objects", async (t) => {
    const { dataDir, open } = await createRemoteFixture(t, {
      "files/zeros": "\0".repeat(3_000_000),
      "files/ones": "1".repeat(3_000_000),
    });
    for (const limits of [
      { maxPackObjects: 3 },
      { maxObjectBytes: 2_000_000 },
      { maxUnpackedBytes: 5_000_000 },
    ] as const) {
      const limit = Object.keys(limits)[0] as keyof SourceLimits;
      await expectTooLarge(open({ limits }), limit);
    }
    assert.deepEqual(await readdir(dataDir), []);
    const limits = { maxPackObjects: 5, maxObjectBytes: 3_000_000, maxUnpackedBytes: 7_000_000 };
    assert.equal(Object.keys(await readHead(open({ limits }))).length, 2, "what fits is taken");
  });

  it("has a tree of many entries or bytes", async (t) => {
    const { open } = await createRemoteFixture(t, {
      "upstreams/a.yaml": "1".repeat(600),
      "upstreams/b.yaml": "2".repeat(600),
      "README.md": "3".repeat(6_000),
    });
    await expectTooLarge(open({ limits: { maxTreeBytes: 1_000 } }), "maxTreeBytes");
    await expectTooLarge(open({ limits: { maxTreeEntries: 3 } }), "maxTreeEntries");
    const limits = { maxTreeBytes: 1_200, maxTreeEntries: 4 };
    assert.equal(
      Object.keys(await readHead(open({ limits }))).length,
      2,
      "files not read are free",
    );
  });

  it("has a small pack of a tree of billions of files", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    let [mode, oid] = ["100644", await repo.writeBlob("name: a\n")];
    for (let level = 0; level < 10; level++) {
      const entries = Array.from({ length: 10 }, (_, at) => ({ mode, name: `n${at}.yaml`, oid }));
      oid = await repo.writeTree(entries);
      mode = "40000";
    }
    await repo.commitTree(oid);
    await expectTooLarge(open({ limits: { maxTreeEntries: 20_000 } }), "maxTreeEntries");
  });

  it("rewrote a history larger than a pack may be, which is then cloned afresh", async (t) => {
    const { repo, open } = await createRemoteFixture(t);
    const source = open({ limits: { maxPackBytes: 60_000 } });
    await readHead(source);
    const since = await repo.resolve("main");
    let parent: string | null = null;
    for (let index = 0; index < 4; index++) {
      const changes = { "files/x": randomBytes(30_000), "upstreams/z.yaml": `name: z${index}\n` };
      parent = await repo.commit(changes, { parent, replace: true });
    }
    const head = await source.head(neverAborted);
    const error = await expectSourceError(
      source.fetch(head, since, neverAborted),
      "source/too-large",
    );
    assert.match(error.message, /maxPackBytes/, "a hundred commits do not fit either");
    const { commits } = await source.fetch(head, undefined, neverAborted);
    assert.equal(commits[0]?.oid, head);
  });
});

function endless(count: number): Buffer[] {
  const head = Buffer.from("PACK\0\0\0\x02\0\0\0\x05", "latin1");
  const zeros = Buffer.alloc(60_000);
  return Array.from({ length: count }, (_, index) =>
    encodePacket(Buffer.concat([Buffer.from([1]), index === 0 ? head : zeros])),
  );
}

/** Packs the objects or revisions that are named. */
async function packOf(
  folder: string,
  names: readonly string[],
  args: readonly string[] = [],
): Promise<Buffer> {
  const input = names.map((name) => `${name}\n`).join("");
  return runGitBytes(folder, ["pack-objects", "--stdout", "--quiet", ...args], input);
}
