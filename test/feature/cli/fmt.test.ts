import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Io } from "../../../src/cli/io.js";
import type { CliResult } from "../../support/cli.js";
import { runGit } from "../../support/git-repo.js";
import { runCommand } from "../../support/run-program.js";

const messy = "# Pets.\n\ntype:  'static'   # kind\nname: pets\nspec:\n    hosts: []\n";
const neat = "# Pets.\n\nname: pets\ntype: static # kind\nspec:\n  hosts: []\n";

describe("gloo fmt", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-test-fmt-"));
    await put("upstreams/pets.yaml", messy);
    await put("upstreams/cats.yaml", neat.replace("pets", "cats"));
    await put("compose.yaml", "services:   {a: 1}\n");
    await put("files/api.yaml", "openapi:   3.0.0\n");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function put(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const read = (path: string): Promise<string> => readFile(join(folder, path), "utf8");
  const fmt = (args: readonly string[], changes: Partial<Io> = {}): Promise<CliResult> =>
    runCommand(["fmt", ...args], { cwd: folder, ...changes });

  it("writes what is not in form, and says which files", async () => {
    await chmod(join(folder, "upstreams/pets.yaml"), 0o640);
    const first = await fmt([]);
    assert.deepEqual([first.code, first.stdout], [0, "upstreams/pets.yaml\n"]);
    assert.equal(first.stderr, "3 files, 1 changed\n");
    assert.equal(await read("upstreams/pets.yaml"), neat);
    assert.equal((await stat(join(folder, "upstreams/pets.yaml"))).mode & 0o777, 0o640);
    assert.equal(await read("compose.yaml"), "services:   {a: 1}\n");
    assert.equal(await read("files/api.yaml"), "openapi:   3.0.0\n");
    const second = await fmt([]);
    assert.deepEqual([second.code, second.stdout], [0, ""]);
  });

  it("changes nothing with --check and --diff, and ends with 1", async () => {
    const checked = await fmt(["--check"]);
    assert.deepEqual([checked.code, checked.stdout], [1, "upstreams/pets.yaml\n"]);
    const { code, stdout } = await fmt(["--diff", "upstreams"]);
    assert.equal(code, 1);
    assert.equal(
      stdout,
      [
        "--- a/upstreams/pets.yaml",
        "+++ b/upstreams/pets.yaml",
        "@@ -1,6 +1,6 @@",
        " # Pets.",
        " ",
        "-type:  'static'   # kind",
        " name: pets",
        "+type: static # kind",
        " spec:",
        "-    hosts: []",
        "+  hosts: []",
        "",
      ].join("\n"),
    );
    assert.equal(await read("upstreams/pets.yaml"), messy);
    assert.equal((await fmt(["--check", "upstreams/cats.yaml"])).code, 0);
  });

  it("prints a difference that `git apply` takes", async () => {
    await put(
      "upstreams/long.yaml",
      `${messy}metadata:\n  annotations:\n${"    a: b\n".repeat(1)}    z: 'q'`,
    );
    const { stdout } = await fmt(["--diff", "."]);
    await runGit(folder, ["init", "--quiet"]);
    await runGit(folder, ["apply", "-"], stdout);
    assert.equal((await fmt(["--check"])).code, 0);
  });

  it("says where a file cannot be read, leaves it alone, and formats the others", async () => {
    await put("upstreams/bad.yaml", "name: bad\nspec: [1\n");
    const { code, stdout, stderr } = await fmt([]);
    assert.deepEqual([code, stdout], [1, "upstreams/pets.yaml\n"]);
    assert.match(stderr, /^upstreams\/bad\.yaml:3:1: error yaml\/syntax: /);
    assert.equal(await read("upstreams/bad.yaml"), "name: bad\nspec: [1\n");
  });

  it("reads stdin and writes stdout", async () => {
    const stdin = (): Promise<Buffer> => Promise.resolve(Buffer.from(messy));
    const { code, stdout, stderr } = await fmt(["-"], { stdin });
    assert.deepEqual([code, stdout, stderr], [0, neat, ""]);
    assert.equal((await fmt(["-", "--check"], { stdin })).code, 1);
    const unread = await fmt(["-", "--stdin-path", "files/x.yaml"], { stdin });
    assert.equal(unread.stdout, messy);
  });

  it("leaves out what Git and gloo.yaml ignore", async () => {
    await runGit(folder, ["init", "--quiet"]);
    await put(".gitignore", "build/\n");
    await put("build/upstreams/x.yaml", messy);
    await put("old/upstreams/x.yaml", messy);
    await put("gloo.yaml", "ignore: [old/**]\n");
    const { stdout } = await fmt(["--check"]);
    assert.equal(stdout, "upstreams/pets.yaml\n");
  });

  it("prints what became of each file as JSON", async () => {
    const { stdout } = await fmt(["--json", "--check", "upstreams"]);
    assert.deepEqual(JSON.parse(stdout), {
      written: false,
      files: [
        { path: "upstreams/cats.yaml", state: "unchanged" },
        { path: "upstreams/pets.yaml", state: "changed" },
      ],
    });
  });

  it("says that a path leads nowhere", async () => {
    const { code, stderr } = await fmt(["nowhere"]);
    assert.deepEqual([code, stderr], [2, 'gloo: there is no file or folder "nowhere"\n']);
  });
});
