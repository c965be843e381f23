import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { load } from "js-yaml";
import { sampleRepository } from "../../../src/cli/demo/sample-config.js";
import { parseProtoJson } from "../../../src/envoy/parse-proto-json.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { runGit } from "../../support/git-repo.js";
import { runCommand } from "../../support/run-program.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const render = (...args: readonly string[]) => runCommand(["render", ...args], { cwd: folder });
type Rendered = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, object>>>>>
>;

describe("gloo render", () => {
  it("prints every resource by role, type and name, as messages of the Envoy API", async () => {
    const { code, stdout, stderr } = await render(sampleRepository, "--format", "json");
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const { ingress, ...others } = JSON.parse(stdout) as Rendered;
    assert.deepEqual(Object.keys(others), []);
    assert.deepEqual(Object.keys(ingress?.["cluster"] ?? {}), [
      "adoptions",
      "checkout",
      "pets",
      "pets-next",
    ]);
    for (const [kind, resources] of Object.entries(ingress ?? {})) {
      const type = typeUrls[kind as keyof typeof typeUrls].replace(/.*\//, "");
      for (const resource of Object.values(resources)) {
        assert.deepEqual(parseProtoJson(type, resource as never).problems, []);
      }
    }
  });

  it("says the same in YAML, with sorted keys", async () => {
    const [json, yaml] = [
      await render(sampleRepository, "--format", "json"),
      await render(sampleRepository),
    ];
    assert.deepEqual(load(yaml.stdout), JSON.parse(json.stdout));
    const table = (load(yaml.stdout) as Rendered)["ingress"]?.["route"] ?? {};
    for (const resource of Object.values(table)) {
      const keys = Object.keys(resource);
      assert.deepEqual(keys, [...keys].sort());
    }
  });

  it("gives equal bytes for what is on disk and what is committed of it", async () => {
    cpSync(sampleRepository, folder, { recursive: true });
    await runGit(folder, ["init", "--quiet", "--initial-branch=main", "."]);
    await runGit(folder, ["add", "--all"]);
    await runGit(folder, ["commit", "--quiet", "--message", "all"]);
    assert.equal((await render()).stdout, (await render("--ref", "main")).stdout);
  });

  it("prints one role and one type", async () => {
    const { stdout } = await render(sampleRepository, "--role", "ingress", "--type", "listener");
    const { ingress } = load(stdout) as Rendered;
    assert.deepEqual(Object.keys(ingress ?? {}), ["listener"]);
    assert.deepEqual(Object.keys(ingress?.["listener"] ?? {}), ["insecure-gateway-listener"]);
  });

  it("ends with 2 for a role that is not there, and names one that is", async () => {
    const { code, stdout, stderr } = await render(sampleRepository, "--role", "ingres");
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.equal(stderr, 'gloo: the config has no role "ingres"; did you mean "ingress"?\n');
  });

  it("prints nothing of a config with errors but those, on stderr, and ends with 1", async () => {
    mkdirSync(join(folder, "upstreams"));
    writeFileSync(join(folder, "upstreams/pets.yaml"), "name: pets\ntype: statik\nspec: {}\n");
    const { code, stdout, stderr } = await render();
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
    assert.match(
      stderr,
      /^upstreams\/pets\.yaml:2:7: error upstream\/unknown-type: Upstream\/pets#\/type: /,
    );
  });

  it("shows no secret", async () => {
    cpSync(new URL("../../fixtures/tls/", import.meta.url), join(folder, "tls"), {
      recursive: true,
    });
    mkdirSync(join(folder, "secrets/pets-tls"), { recursive: true });
    cpSync(join(folder, "tls/localhost.pem"), join(folder, "secrets/pets-tls/tls.crt"));
    cpSync(join(folder, "tls/localhost.key"), join(folder, "secrets/pets-tls/tls.key"));
    cpSync(sampleRepository, join(folder, "config"), { recursive: true });
    writeFileSync(
      join(folder, "config/virtualservices/secure.yaml"),
      "name: secure\ndomains: [localhost]\nssl_config: {secret_ref: pets-tls}\nroutes:\n" +
        "  - request_matcher: {path_prefix: /}\n    single_destination: {upstream: {name: pets}}\n",
    );
    // The sample's own role has no listener for TLS; without its file it listens on both ports.
    rmSync(join(folder, "config/roles"), { recursive: true });
    rmSync(join(folder, "config/attributes"), { recursive: true });
    rmSync(join(folder, "config/teams"), { recursive: true });
    const { code, stdout, stderr } = await render("config", "--secrets-dir", "secrets");
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const { secret = {} } = (load(stdout) as Rendered)["ingress"] ?? {};
    assert.deepEqual(Object.keys(secret), ["pets-tls~cert"]);
    assert.match(stdout, /privateKey:\n +inlineBytes: '\[redacted\]'\n/);
    assert.doesNotMatch(stdout, /PRIVATE KEY|UFJJVkFURSBLRVk/);
  });
});
