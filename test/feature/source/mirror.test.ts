import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cp,
  mkdir,
  open as openFile,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  createRemoteFixture,
  expectSourceError,
  filesBelow,
  neverAborted,
  readHead,
  textsOf,
  type RemoteFixture,
} from "../../support/remote-source.js";

const files = { "upstreams/a.yaml": "name: a\n", "upstreams/b.yaml": "name: b\n" };

/** A mirror on disk that no process has open. */
async function makeMirror(fixture: RemoteFixture): Promise<{ head: string; mirror: string }> {
  const source = fixture.open();
  await readHead(source);
  const head = await source.head(neverAborted);
  await source.close();
  return { head, mirror: join(fixture.dataDir, "mirror") };
}

async function packFolderOf(mirror: string, ending: string): Promise<string> {
  const folder = join(mirror, "objects", "pack");
  const name = (await readdir(folder)).find((entry) => entry.endsWith(ending));
  assert.ok(name !== undefined, `no ${ending} in ${folder}`);
  return join(folder, name);
}

async function flipByte(path: string, at: number): Promise<void> {
  const file = await openFile(path, "r+");
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  await file.write(Buffer.from([~byte[0]! & 0xff]), 0, 1, at);
  await file.close();
}

/** What can become of a mirror, and whether git has to be asked for it again. */
const damages: Readonly<Record<string, (mirror: string) => Promise<void>>> = {
  "a byte of the pack flips": async (mirror) => flipByte(await packFolderOf(mirror, ".pack"), 40),
  "the last byte of the pack flips": async (mirror) => {
    const path = await packFolderOf(mirror, ".pack");
    await flipByte(path, (await readFile(path)).length - 1);
  },
  "the pack is cut off": async (mirror) => truncate(await packFolderOf(mirror, ".pack"), 50),
  "the pack is empty": async (mirror) => truncate(await packFolderOf(mirror, ".pack"), 0),
  "the pack is gone": async (mirror) => rm(await packFolderOf(mirror, ".pack")),
  "a byte of the index flips": async (mirror) =>
    flipByte(await packFolderOf(mirror, ".idx"), 1_040),
  "the index is empty": async (mirror) => truncate(await packFolderOf(mirror, ".idx"), 0),
  "the index is gone": async (mirror) => rm(await packFolderOf(mirror, ".idx")),
  "the objects are gone": async (mirror) => rm(join(mirror, "objects"), { recursive: true }),
  "the config is empty": async (mirror) => truncate(join(mirror, "config"), 0),
  "the config is noise": async (mirror) => writeFile(join(mirror, "config"), Buffer.alloc(300, 7)),
  "the refs are gone": async (mirror) => rm(join(mirror, "refs"), { recursive: true }),
  "the last good ref is noise": async (mirror) =>
    writeFile(join(mirror, "refs", "gloo", "last-good"), "\0\0\0"),
  "the list of shallow commits is noise": async (mirror) =>
    writeFile(join(mirror, "shallow"), "\0".repeat(41)),
  "everything in it is gone": async (mirror) => {
    await rm(mirror, { recursive: true });
    await mkdir(mirror);
  },
  "it is a file": async (mirror) => {
    await rm(mirror, { recursive: true });
    await writeFile(mirror, "what?");
  },
};

describe("a mirror that is damaged on disk", () => {
  for (const [name, damage] of Object.entries(damages)) {
    it(`is made anew when ${name}`, async (t) => {
      const fixture = await createRemoteFixture(t, files);
      const { head, mirror } = await makeMirror(fixture);
      await damage(mirror);
      const source = fixture.open();
      assert.deepEqual(textsOf((await source.tree(head, neverAborted)).root), files);
      const next = await fixture.repo.commit({ "upstreams/c.yaml": "name: c\n" });
      // What is wrong with the mirror may show only when the remote is asked; once is a bad connection.
      for (let attempt = 0; ; attempt++) {
        try {
          await source.fetch(await source.head(neverAborted), head, neverAborted);
          break;
        } catch (error) {
          assert.equal((error as { code?: string }).code, "source/protocol");
          assert.ok(attempt < 2, `still after ${attempt} attempts: ${String(error)}`);
        }
      }
      const { root } = await source.tree(next, neverAborted);
      assert.deepEqual(textsOf(root), { ...files, "upstreams/c.yaml": "name: c\n" });
    });
  }

  it("is set aside for a person to look at; two are kept", async (t) => {
    const fixture = await createRemoteFixture(t, files);
    const { head, mirror } = await makeMirror(fixture);
    for (let round = 0; round < 4; round++) {
      await flipByte(await packFolderOf(mirror, ".pack"), 40);
      const source = fixture.open();
      await source.tree(head, neverAborted);
      await source.close();
    }
    assert.deepEqual((await readdir(fixture.dataDir)).sort(), [
      "mirror",
      "mirror.corrupt-3",
      "mirror.corrupt-4",
    ]);
  });

  it("heals when the remote is back, if that was gone at the same time", async (t) => {
    const fixture = await createRemoteFixture(t, files);
    const { head, mirror } = await makeMirror(fixture);
    await truncate(await packFolderOf(mirror, ".pack"), 50);
    const source = fixture.open();
    fixture.server.setFault(() => ({ kind: "hang-up" }));
    for (let attempt = 0; attempt < 2; attempt++) {
      await expectSourceError(source.tree(head, neverAborted), "source/unreachable");
    }
    fixture.server.setFault(undefined);
    assert.deepEqual(textsOf((await source.tree(head, neverAborted)).root), files);
  });

  it("is healed while it is open, too", async (t) => {
    const fixture = await createRemoteFixture(t, files);
    const source = fixture.open();
    await readHead(source);
    const head = await source.head(neverAborted);
    await rm(join(fixture.dataDir, "mirror"), { recursive: true });
    const next = await fixture.repo.commit({ "upstreams/c.yaml": "name: c\n" });
    assert.equal(await source.head(neverAborted), next);
    const { commits } = await source.fetch(next, head, neverAborted);
    assert.deepEqual(
      commits.map(({ oid }) => oid),
      [next],
    );
    assert.equal(Object.keys(textsOf((await source.tree(next, neverAborted)).root)).length, 3);
  });

  it("is replaced when it is that of another remote", async (t) => {
    const fixture = await createRemoteFixture(t, files);
    await makeMirror(fixture);
    const other = await createRemoteFixture(t, { "upstreams/z.yaml": "name: z\n" });
    const source = fixture.open({ url: other.server.url });
    assert.deepEqual(await readHead(source), { "upstreams/z.yaml": "name: z\n" });
    assert.deepEqual(await readdir(fixture.dataDir), ["mirror"]);
  });
});

describe("a mirror after a crash", () => {
  it("is usable after a kill in the middle of a fetch, the first or a later one", async (t) => {
    const fixture = await createRemoteFixture(t, files);
    const { repo, server, dataDir } = fixture;
    for (const round of ["first", "later"]) {
      const head = await repo.commit({ "upstreams/c.yaml": `name: ${round}\n` });
      server.setFault(({ method }) =>
        method === "POST" ? { kind: "stall", afterBytes: 200 } : undefined,
      );
      const script = fileURLToPath(new URL("../../support/fetch-once.ts", import.meta.url));
      const child = spawn(process.execPath, ["--import", "tsx", script, server.url, dataDir], {
        stdio: "inherit",
      });
      let request = await server.nextRequest();
      while (request.method !== "POST") request = await server.nextRequest();
      await untilThere(dataDir, (name) => name.includes("incoming-"));
      child.kill("SIGKILL");
      await once(child, "exit");

      server.setFault(undefined);
      const source = fixture.open();
      const texts = await readHead(source);
      assert.equal(texts["upstreams/c.yaml"], `name: ${round}\n`);
      assert.equal((await source.tree(head, neverAborted)).commit.oid, head);
      await source.close();
      const left = Object.keys(await filesBelow(dataDir)).filter((name) =>
        /incoming|\.new-|\.old-/.test(name),
      );
      assert.deepEqual(left, []);
    }
  });

  it("is the old one when the swap had only begun, and the new one when it was done", async (t) => {
    const fixture = await createRemoteFixture(t, files);
    const { head, mirror } = await makeMirror(fixture);
    await fixture.server.close();
    const old = join(fixture.dataDir, "mirror.old-00c0ffee");
    await rename(mirror, old);
    await mkdir(join(fixture.dataDir, "mirror.new-0badcafe"));
    const source = fixture.open();
    assert.deepEqual(textsOf((await source.tree(head, neverAborted)).root), files);
    await source.close();
    assert.deepEqual(await readdir(fixture.dataDir), ["mirror"]);

    await cp(mirror, old, { recursive: true });
    const again = fixture.open();
    assert.deepEqual(textsOf((await again.tree(head, neverAborted)).root), files);
    assert.deepEqual(await readdir(fixture.dataDir), ["mirror"]);
  });
});

describe("a mirror's size", () => {
  it("is kept small by cloning afresh, without losing history", async (t) => {
    const fixture = await createRemoteFixture(t, files);
    const { repo, dataDir } = fixture;
    const source = fixture.open({ limits: { maxMirrorPacks: 3 } });
    await readHead(source);
    let since = await source.head(neverAborted);
    const counts: number[] = [];
    for (let index = 0; index < 9; index++) {
      const middle = await repo.commit({ "upstreams/c.yaml": `name: m${index}\n` });
      const next = await repo.commit({ "upstreams/c.yaml": `name: c${index}\n` });
      const history = await source.fetch(await source.head(neverAborted), since, neverAborted);
      assert.deepEqual(
        history.commits.map(({ oid }) => oid),
        [next, middle],
      );
      assert.equal(history.rewritten, false);
      const { root } = await source.tree(next, neverAborted);
      assert.equal(textsOf(root)["upstreams/c.yaml"], `name: c${index}\n`);
      const packs = await readdir(join(dataDir, "mirror", "objects", "pack"));
      counts.push(packs.filter((name) => name.endsWith(".pack")).length);
      since = next;
    }
    assert.deepEqual(counts, [2, 3, 1, 2, 3, 1, 2, 3, 1]);
    assert.deepEqual(await readdir(dataDir), ["mirror"]);
  });

  it("is limited in bytes too, not counting the pack of the clone", async (t) => {
    const fixture = await createRemoteFixture(t, files);
    const source = fixture.open({ limits: { maxMirrorGrowthBytes: 10 } });
    await readHead(source);
    let since = await source.head(neverAborted);
    const counts: number[] = [];
    for (let index = 0; index < 4; index++) {
      const next = await fixture.repo.commit({ "upstreams/c.yaml": `name: c${index}\n` });
      await source.fetch(await source.head(neverAborted), since, neverAborted);
      const packs = await readdir(join(fixture.dataDir, "mirror", "objects", "pack"));
      counts.push(packs.filter((name) => name.endsWith(".pack")).length);
      since = next;
    }
    assert.deepEqual(counts, [2, 1, 2, 1]);
  });

  it("keeps the mirror in use when the fresh clone fails", async (t) => {
    const fixture = await createRemoteFixture(t, files);
    const { repo, server } = fixture;
    const source = fixture.open({ limits: { maxMirrorPacks: 1 } });
    const texts = await readHead(source);
    const since = await source.head(neverAborted);
    const next = await repo.commit({ "upstreams/c.yaml": "" });
    assert.equal(await source.head(neverAborted), next);
    server.setFault(({ method }) => (method === "POST" ? { kind: "hang-up" } : undefined));
    await expectSourceError(source.fetch(next, since, neverAborted), "source/unreachable");
    assert.deepEqual(textsOf((await source.tree(since, neverAborted)).root), texts);
    assert.deepEqual(await readdir(fixture.dataDir), ["mirror"]);
  });
});

describe("a disk that is full", () => {
  it("is an error of its own, and leaves nothing behind", async (t) => {
    const noise = Array.from({ length: 40_000 }, (_, n) => Math.sin(n).toString(36)).join("");
    const fixture = await createRemoteFixture(t, { ...files, "files/noise": noise });
    const script = fileURLToPath(new URL("../../support/fetch-once.ts", import.meta.url));
    // No file may grow beyond 64 blocks; that a write fails is the same as on a full disk.
    const command = `trap "" XFSZ; ulimit -f 64; exec "$@"`;
    const args = [process.execPath, "--import", "tsx", script, fixture.server.url, fixture.dataDir];
    const child = spawn("bash", ["-c", command, "bash", ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TSX_DISABLE_CACHE: "1" },
    });
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    await once(child, "close");
    assert.match(printed, /^source\/disk the disk is in the way: EFBIG.*check its space/);
    assert.deepEqual(await readdir(fixture.dataDir), []);
    assert.equal(Object.keys(await readHead(fixture.open())).length, 3);
  });
});

/** Waits, without a clock, until a file that is meant lies below a folder. */
async function untilThere(folder: string, isMeant: (name: string) => boolean): Promise<void> {
  for (;;) {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    if (names.some(isMeant)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
