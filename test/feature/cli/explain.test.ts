import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { runGit } from "../../support/git-repo.js";
import { runCommand } from "../../support/run-program.js";
import { testedConfig, writeFiles } from "../../support/tested-config.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
  writeFiles(folder, testedConfig);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const explain = (args: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  runCommand(["explain", ...args], { cwd: folder, env });

async function commitAll(): Promise<void> {
  await runGit(folder, ["init", "--quiet", "--initial-branch=main", "."]);
  await runGit(folder, ["add", "--all"]);
  await runGit(folder, ["commit", "--quiet", "--message", "Send dogs to the kennel"]);
}

describe("gloo explain", () => {
  it("says which route answers, what the back end is asked, and why the others do not", async () => {
    const { code, stdout } = await explain(["GET", "http://pets.example/a/../dogs/1"]);
    assert.equal(code, 0);
    assert.deepEqual(stdout.split("\n"), [
      "GET http://pets.example/a/../dogs/1",
      "  listener  listener-gloo-rds-http of role ingress (::, port 8080)",
      "  path      /dogs/1 after Envoy's normalisation",
      '  host      virtual service "pets" by its domain pets.example',
      "  route     0: path begins with /dogs, method GET or POST",
      "            virtualservices/pets.yaml:4:5",
      '  outcome   upstream "kennel": GET kennel.internal /animals/1',
      "              + x-kind: dog",
      "not chosen, the nearest first:",
      "  route 1 virtualservices/pets.yaml:10:5",
      "    path /dogs/1 does not begin with /vet/",
      "  route 2 virtualservices/pets.yaml:18:5",
      "    path /dogs/1 is not /some",
      "",
    ]);
  });

  it("renders what functions are called with, and says what they cannot be called with", async () => {
    const url = "http://pets.example/vet/7";
    const { stdout } = await explain(["POST", url, "-H", "X-User: ann"]);
    assert.match(
      stdout,
      /75 % to function "visit" of "vet": PUT pets\.example \/visits\/7\?by=ann\n/,
    );
    assert.match(stdout, /body: \{"pet": "7", "reason": "check"\}/);
    assert.match(stdout, /25 % to function "remind" of "vet": POST pets\.example \/reminders\/7\n/);
    const without = await explain(["POST", url]);
    assert.match(without.stdout, /"visit" of "vet": Envoy answers 400: no value for "who"\n/);
  });

  it("ends with 1 where nothing answers, and puts the nearest route first", async () => {
    const { code, stdout } = await explain(["DELETE", "http://pets.example/dogs"]);
    assert.equal(code, 1);
    assert.match(stdout, /Envoy answers 404: no route of virtual service "pets" matches/);
    assert.match(stdout, /nearest first:\n {2}route 0 .*\n {4}method DELETE is not GET or POST\n/);
  });

  it("names a domain that is almost the one asked for", async () => {
    const { code, stdout } = await explain(["GET", "http://pest.example/"]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /no virtual service has the domain pest\.example\n +there is a domain pets\.example\n/,
    );
  });

  it("says who last changed the route's line, on disk and at a commit", async () => {
    await commitAll();
    const args = ["GET", "http://pets.example/dogs"];
    const changed =
      /last changed by .+ <.+> on \d{4}-\d\d-\d\d in [0-9a-f]{10}: Send dogs to the kennel\n/;
    assert.match((await explain(args)).stdout, changed);
    assert.match((await explain([...args, ".", "--ref", "main"])).stdout, changed);
    const text = testedConfig["virtualservices/pets.yaml"]?.replace("/dogs,", "/dogs/,");
    writeFiles(folder, { "virtualservices/pets.yaml": text ?? "" });
    const edited = await explain(["GET", "http://pets.example/dogs/1"]);
    assert.match(edited.stdout, /not committed yet\n/);
  });

  it("blames nobody whom a shallow clone does not know", async () => {
    await commitAll();
    writeFiles(folder, { "README.md": "read me\n" });
    await runGit(folder, ["add", "--all"]);
    await runGit(folder, ["commit", "--quiet", "--message", "Explain"]);
    const shallow = join(folder, "shallow");
    await runGit(folder, ["clone", "--quiet", "--depth=1", `file://${folder}`, shallow]);
    const { stdout } = await explain(["GET", "http://pets.example/dogs", shallow]);
    assert.match(stdout, /last changed in [0-9a-f]{10} or earlier, [^\n]*git fetch --unshallow\n/);
  });

  it("says without Git on the PATH which commit last touched the file", async () => {
    await commitAll();
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const env = { ...process.env, PATH: empty };
    const { stdout } = await explain(["GET", "http://pets.example/dogs"], env);
    assert.match(
      stdout,
      /its file was last changed by .+ in [0-9a-f]{10}: Send dogs to the kennel\n/,
    );
  });

  it("says the same as JSON", async () => {
    const { code, stdout } = await explain(["GET", "https://secure.example/x", "--json"]);
    const found = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    assert.equal(code, 0);
    assert.deepEqual(
      [found["virtual_service"], found["domain"], found["role"], found["miss_count"]],
      ["secure", "secure.example", "ingress", 0],
    );
  });

  it("ends with 2 for what is no request", async () => {
    for (const [args, message] of [
      [["GET", "pets.example/dogs"], /is not a URL that begins with http/],
      [["GET!", "http://pets.example/"], /is not an HTTP method/],
      [["GET", "http://pets.example/", "-H", "x"], /is not of the form "name: value"/],
    ] as const) {
      const { code, stderr } = await explain(args);
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
  });
});
