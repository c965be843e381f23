import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Package {
  readonly name: string;
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Package;

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${stderr}${stdout}`);
  return stdout;
}

describe("the npm package", () => {
  let folder: string;
  let unpacked: string;
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
    // As npm installs it: beside its dependencies.
    const packages = join(folder, "node_modules");
    mkdirSync(packages);
    unpacked = join(packages, manifest.name);
    renameSync(join(folder, "package"), unpacked);
    for (const name of Object.keys(manifest.dependencies)) {
      mkdirSync(dirname(join(packages, name)), { recursive: true });
      symlinkSync(join(root, "node_modules", name), join(packages, name));
    }
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
    const gloo = join(unpacked, manifest.bin["gloo"] ?? "");
    accessSync(gloo, constants.X_OK);
    const sample = join(unpacked, "sample-repo");
    assert.match(run(gloo, ["check", "--no-envoy", sample], folder), /^14 files, nothing wrong\n/);
    assert.match(run(gloo, ["render", sample], folder), /^ingress:\n/);
    // A global install links to it.
    symlinkSync(gloo, join(folder, "gloo"));
    assert.equal(run(join(folder, "gloo"), ["--version"], folder), `${manifest.version}\n`);
  });

  it("finds what lies beside its modules, and loads what few need", () => {
    const gloo = join(unpacked, manifest.bin["gloo"] ?? "");
    const repository = join(folder, "new");
    run(gloo, ["init", repository, "--ci", "github"], folder);
    assert.match(run(gloo, ["check", "--no-envoy", repository], folder), /nothing wrong/);
    const proto = join(folder, "pets.proto");
    writeFileSync(
      proto,
      `syntax = "proto3"; package pets; import "google/protobuf/empty.proto";
       service Pets { rpc List(google.protobuf.Empty) returns (google.protobuf.Empty); }`,
    );
    const imported = ["import", "proto", "-I", folder, "--host", "pets.example:80", proto];
    assert.match(run(gloo, imported, folder), /pets/);
  });

  it("gives plugins from outside the classes and functions of the process", () => {
    const plugin = join(folder, "node_modules", "gloo-plugin-probe");
    mkdirSync(plugin);
    const probe = { name: "gloo-plugin-probe", version: "1.0.0", type: "module", main: "probe.js" };
    writeFileSync(join(plugin, "package.json"), JSON.stringify(probe));
    const script = [
      "import * as product from 'gloo-gitops';",
      "import { createPluginSet, readLuaScripts } from 'gloo-gitops/plugin';",
      "if (createPluginSet !== product.createPluginSet) throw new Error('there are two');",
      "if (typeof readLuaScripts !== 'function') throw new Error('there is none');",
      "export const plugins = [{ name: 'probe' }];",
    ];
    writeFileSync(join(plugin, "probe.js"), script.join("\n"));
    const args = ["check", "--no-envoy", "--plugin", "gloo-plugin-probe", "sample-repo"];
    assert.match(run(join(unpacked, manifest.bin["gloo"] ?? ""), args, unpacked), /nothing wrong/);
  });

  it("has a map for each of its modules, which names source files", () => {
    const modules = files.filter((path) => path.endsWith(".js"));
    assert.deepEqual(
      modules.filter((path) => !files.includes(`${path}.map`)),
      [],
    );
    const maps = modules.map((path) => readFileSync(join(unpacked, `${path}.map`), "utf8"));
    assert.ok(maps.some((text) => text.includes('"../../src/pipeline.ts"')));
  });

  it("can be imported by its names", () => {
    const script =
      "await Promise.all(['', '/plugin', '/client'].map((name) => import(`gloo-gitops${name}`)))";
    run(process.execPath, ["--input-type=module", "--eval", script], folder);
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
    assert.equal(run(process.execPath, args, folder), "edge\n");
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
