import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Package {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Package;

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${stderr}${stdout}`);
  return stdout;
}

describe("the npm package", () => {
  let folder: string;
  let files: readonly string[];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
    // `npm test` has built dist/; packing runs no scripts, so that nothing here writes to the checkout.
    const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
    const [packed] = JSON.parse(run("npm", pack, root)) as [
      { readonly filename: string; readonly files: readonly { readonly path: string }[] },
    ];
    files = packed.files.map(({ path }) => path);
    run("tar", ["-xzf", packed.filename], folder);
    symlinkSync(join(root, "node_modules"), join(folder, "package", "node_modules"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("holds the executable, the schemas, the Envoy API and the sample, and no sources or tests", () => {
    const folders = new Set(files.map((path) => path.split("/")[0]));
    assert.deepEqual([...folders].sort(), [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist",
      "package.json",
      "proto",
      "sample-repo",
      "schemas",
    ]);
    assert.ok(files.includes(manifest.bin["gloo"] ?? ""));
    assert.ok(files.includes("proto/envoy-v3.binpb.gz"));
    assert.deepEqual(
      files.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts")),
      [],
    );
  });

  it("works where it is unpacked: checks the sample and renders it", () => {
    const gloo = join(folder, "package", manifest.bin["gloo"] ?? "");
    accessSync(gloo, constants.X_OK);
    assert.match(
      run(gloo, ["check", "--no-envoy", "package/sample-repo"], folder),
      /^14 files, nothing wrong\n/,
    );
    assert.match(run(gloo, ["render", "package/sample-repo"], folder), /^ingress:\n/);
  });

  it("can be imported by its names", () => {
    const script =
      "await Promise.all(['', '/plugin', '/client'].map((name) => import(`gloo-gitops${name}`)))";
    run(process.execPath, ["--input-type=module", "--eval", script], join(folder, "package"));
  });

  it("has a client that writes to a repository, and the types of it", () => {
    const script = [
      "import { createClient } from 'gloo-gitops/client';",
      "const author = { name: 'Ada', email: 'ada@example.com' };",
      "const client = createClient({ repository: process.argv[1], branch: 'main', author });",
      "await client.roles.create({ name: 'edge', listeners: [{ name: 'http', bind_port: 8080 }] });",
      "console.log((await client.roles.list()).map(({ name }) => name).join());",
      "await client.close();",
    ].join("\n");
    const repository = join(folder, "repository.git");
    run("git", ["init", "--quiet", "--bare", "--initial-branch=main", repository], folder);
    const args = ["--input-type=module", "--eval", script, repository];
    assert.equal(run(process.execPath, args, join(folder, "package")), "edge\n");
    assert.ok(files.includes("dist/client.d.ts"));
  });
});

describe(".ci/run", () => {
  const text = readFileSync(join(root, ".ci/run"), "utf8");

  it("is a script that a shell understands and may run", () => {
    accessSync(join(root, ".ci/run"), constants.X_OK);
    run("bash", ["-n", ".ci/run"], root);
    assert.match(text, /^set -euo pipefail$/m);
  });

  it("lints, checks types and runs all tests, by scripts that there are", () => {
    const called = [...text.matchAll(/^npm (?:run (?:--silent )?)?([a-z]+)/gm)].map(
      ([, name = ""]) => name,
    );
    assert.deepEqual(called, ["ci", "lint", "types", "test"]);
    for (const name of called.slice(1)) assert.ok(manifest.scripts[name], name);
  });
});
