import assert from "node:assert/strict";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { sampleRepository } from "../../../src/cli/demo/sample-config.js";
import type { JsonObject } from "../../../src/lib/json.js";
import { runGloo } from "../../support/cli.js";
import { envoyPath } from "../../support/envoy-binary.js";
import { createTestRepository, runGit, type TestRepository } from "../../support/git-repo.js";
import { basicAuth, startGitServer, type GitServer } from "../../support/git-server.js";
import { runCommand } from "../../support/run-program.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const upstream = "name: pets\ntype: static\nspec:\n  hosts:\n    - {addr: 127.0.0.1, port: 8081}\n";
const service = (target: string): string =>
  "name: pets\nroutes:\n  - request_matcher:\n      path_prefix: /\n" +
  `    single_destination:\n      upstream:\n        name: ${target}\n`;
const unknown =
  '7:15: error reference/unknown-upstream: VirtualService/pets#/routes/0/single_destination/upstream/name: no upstream named "petz"; did you mean "pets"?\n' +
  "  hint: destinations name upstreams of this repository\n";

const check = (...args: readonly string[]) => runCommand(["check", ...args], { cwd: folder });
const checkFast = (...args: readonly string[]) => check("--no-envoy", ...args);

async function commitAll(): Promise<void> {
  await runGit(folder, ["init", "--quiet", "--initial-branch=main", "."]);
  await runGit(folder, ["add", "--all"]);
  await runGit(folder, ["commit", "--quiet", "--message", "all"]);
}

describe("gloo check, of a folder", () => {
  it("takes the sample, and so does Envoy", async () => {
    const env = { ...process.env, ENVOY_BIN: await envoyPath() };
    assert.deepEqual(await runCommand(["check", sampleRepository], { cwd: folder, env }), {
      code: 0,
      stdout: "14 files, nothing wrong; Envoy takes it\n",
      stderr: "",
    });
  });

  it("prints what is wrong, where, and what to do, and ends with 1", async () => {
    write("upstreams/pets.yaml", upstream);
    write("virtualservices/pets.yaml", service("petz"));
    assert.deepEqual(await check(), {
      code: 1,
      stdout: `virtualservices/pets.yaml:${unknown}1 error in 2 files\n`,
      stderr: "",
    });
  });

  it("names files as they are reached from the working folder", async () => {
    write("a/b/virtualservices/pets.yaml", service("petz"));
    write("a/b/upstreams/pets.yaml", upstream);
    const here = `a/b/virtualservices/pets.yaml:${unknown}`;
    for (const args of [["a"], ["."], ["a/b/"], ["a", "--path", "b"], [join(folder, "a")]]) {
      assert.equal(
        (await checkFast(...args)).stdout,
        `${here}1 error in 2 files\n`,
        args.join(" "),
      );
    }
    const inside = await runCommand(["check", "--no-envoy", "../../a"], {
      cwd: join(folder, "a/b"),
    });
    assert.match(inside.stdout, /^\.\.\/\.\.\/a\/b\/virtualservices\/pets\.yaml:7:15: /);
  });

  it("reads what is on disk, committed or not; with --ref what is committed", async () => {
    write("config/upstreams/pets.yaml", upstream);
    write("config/virtualservices/pets.yaml", service("pets"));
    await commitAll();
    write("config/virtualservices/pets.yaml", service("petz"));
    assert.equal((await checkFast("config")).code, 1);
    assert.equal((await checkFast()).code, 1);
    assert.equal((await checkFast("config", "--ref", "main")).code, 0);
    assert.equal((await checkFast("--ref", "HEAD", "--path", "config")).code, 0);
  });

  it("leaves out what Git would not commit, and nothing that it has", async () => {
    write("config/upstreams/pets.yaml", upstream);
    write("config/upstreams/kept.tmp.yaml", upstream.replace("pets", "kept"));
    await commitAll();
    write(".gitignore", "gloo-state/\n*.tmp.yaml\n");
    write("config/gloo-state/journal.json", "{}");
    write("config/upstreams/draft.tmp.yaml", "name: [");
    const { code, stdout } = await checkFast("config");
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "2 files, nothing wrong\n" });
  });

  it("fails on warnings with --strict only", async () => {
    write(
      "upstreams/pets.yaml",
      `${upstream}  tls: true\n  tls_config: {insecure_skip_verify: true}\n`,
    );
    const { code, stdout } = await checkFast();
    assert.match(stdout, /warning upstream\/tls-not-verified: [^]*\n1 warning in 1 file\n$/);
    assert.equal(code, 0);
    assert.equal((await checkFast("--strict")).code, 1);
  });

  it("says which secrets it did not look for, and looks for them in --secrets-dir", async () => {
    write("config/upstreams/pets.yaml", upstream);
    write(
      "config/virtualservices/pets.yaml",
      `${service("pets")}ssl_config: {secret_ref: pets-tls}\n`,
    );
    const { code, stdout } = await check("config");
    assert.match(
      stdout,
      /^2 files, nothing wrong[^\n]*\nnot looked for: secret pets-tls \(--secrets-dir\)\n$/,
    );
    assert.equal(code, 0);
    mkdirSync(join(folder, "secrets"));
    const looked = await checkFast("config", "--secrets-dir", "secrets");
    assert.match(looked.stdout, /error secret\/not-found: [^]*"pets-tls"/);
    assert.equal(looked.code, 1);
  });
});

describe("gloo check, and a real Envoy", () => {
  const lua = "type.googleapis.com/envoy.extensions.filters.http.lua.v3";
  const broken = 'inline_string: "this is not Lua"';
  const withEnvoy = async () =>
    runCommand(["check"], { cwd: folder, env: { ...process.env, ENVOY_BIN: await envoyPath() } });

  it("reports what only Envoy refuses at the virtual service that has it", async () => {
    write("upstreams/pets.yaml", upstream);
    write("virtualservices/default.yaml", service("pets").replace("name: pets", "name: default"));
    write(
      "virtualservices/pets.yaml",
      `${service("pets")}domains: [pets.example]\nextensions:\n  envoy:\n    lua:\n` +
        `      "@type": ${lua}.LuaPerRoute\n      source_code: {${broken}}\n`,
    );
    write(
      "roles/ingress.yaml",
      "name: ingress\nconfig:\n  http_filters:\n    - name: lua\n" +
        `      typed_config: {"@type": ${lua}.Lua}\n`,
    );
    const { code, stdout } = await withEnvoy();
    assert.match(
      stdout,
      /^virtualservices\/pets\.yaml:1:1: error envoy\/refused: VirtualService\/pets: Envoy refuses what role "ingress" would be served: .*script load error/,
    );
    assert.equal(code, 1);
  });

  it("reports what is wrong with listeners at their role", async () => {
    write("upstreams/pets.yaml", upstream);
    write("virtualservices/pets.yaml", service("pets"));
    write(
      "roles/ingress.yaml",
      "name: ingress\nconfig:\n  http_filters:\n    - name: lua\n" +
        `      typed_config: {"@type": ${lua}.Lua, default_source_code: {${broken}}}\n`,
    );
    assert.match(
      (await withEnvoy()).stdout,
      /^roles\/ingress\.yaml:1:1: error envoy\/refused: Role\/ingress: /,
    );
  });

  it("goes without where there is none, and says so to programs", async () => {
    write("upstreams/pets.yaml", upstream);
    const env = { PATH: "", HOME: folder };
    const args = ["check", "--format", "json"];
    const { code, stdout } = await runCommand(args, { cwd: folder, env });
    assert.equal((JSON.parse(stdout) as JsonObject)["envoy"], "not-asked");
    assert.equal(code, 0);
  });

  it("ends with 2 and one line if the one it is told to ask does not run", async () => {
    write("upstreams/pets.yaml", upstream);
    const env = { ...process.env, ENVOY_BIN: "/nowhere/envoy" };
    const { code, stdout, stderr } = await runCommand(["check"], { cwd: folder, env });
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.match(stderr, /^gloo: Envoy "\/nowhere\/envoy": no such file[^\n]*\n$/);
  });
});

describe("gloo check, for programs", () => {
  const schema = JSON.parse(
    readFileSync(new URL("../../../schemas/diagnostics.schema.json", import.meta.url), "utf8"),
  ) as JsonObject;
  const ajv = new Ajv2020({ allErrors: true });
  const validate = ajv.compile(schema);

  it("prints JSON of its schema, of good and bad config", async () => {
    for (const target of ["pets", "petz"]) {
      write("upstreams/pets.yaml", upstream);
      write("virtualservices/pets.yaml", service(target));
      const { stdout } = await checkFast("--format", "json");
      const report = JSON.parse(stdout) as JsonObject;
      assert.ok(validate(report), ajv.errorsText(validate.errors));
      const { ok, commit, files, errors } = report;
      const bad = target === "petz";
      assert.deepEqual(
        { ok, commit, files, errors },
        { ok: !bad, commit: null, files: 2, errors: bad ? 1 : 0 },
      );
    }
  });

  it("prints workflow commands for GitHub", async () => {
    write("virtualservices/pets.yaml", service("petz"));
    const { code, stdout } = await checkFast("--format", "github");
    assert.match(
      stdout,
      /^::error file=virtualservices\/pets\.yaml,line=7,col=15,title=reference\/unknown-upstream::VirtualService\/pets#/,
    );
    assert.equal(code, 1);
  });
});

describe("gloo check, of a repository elsewhere", () => {
  let repository: TestRepository;
  let server: GitServer;
  before(async () => {
    repository = await createTestRepository();
    server = await startGitServer(repository.folder);
    const files = { "upstreams/pets.yaml": upstream, "virtualservices/pets.yaml": service("pets") };
    await repository.commit(files);
    await repository.commit(
      { "virtualservices/pets.yaml": service("petz") },
      { branch: "feature", parent: await repository.resolve("main") },
    );
  });
  after(async () => {
    await server.close();
    await repository.remove();
  });

  it("reads the default branch, or the one that --ref names, and says which commit it was", async () => {
    assert.equal((await checkFast(server.url)).code, 0);
    const { code, stdout } = await checkFast(server.url, "--ref", "feature", "--format", "json");
    assert.equal(code, 1);
    const report = JSON.parse(stdout) as {
      commit: string;
      diagnostics: { location: JsonObject }[];
    };
    assert.equal(report.commit, await repository.resolve("feature"));
    assert.equal(report.diagnostics[0]?.location["file"], "virtualservices/pets.yaml");
  });

  it("reads a bare repository on this machine", async () => {
    assert.equal((await checkFast(repository.folder)).code, 0);
    assert.equal((await checkFast(`file://${repository.folder}`, "--ref", "feature")).code, 1);
  });

  it("shows a password to the remote, and to nobody else", async () => {
    server.setAuthorization(basicAuth("ada", "s3cret"));
    try {
      write("password", "s3cret\n");
      const withPassword = ["--git-username", "ada", "--git-password-file", "password"];
      assert.equal((await checkFast(server.url, ...withPassword)).code, 0);
      const url = server.url.replace("http://", "http://ada:wr0ng@");
      const { code, stderr } = await checkFast(url);
      assert.equal(code, 2);
      assert.match(stderr, /^gloo: [^\n]+\n$/);
      assert.doesNotMatch(stderr, /wr0ng/);
    } finally {
      server.setAuthorization(undefined);
    }
  });

  it("leaves no mirror behind", async () => {
    const scratch = join(folder, "tmp");
    mkdirSync(scratch);
    const { code } = await runGloo(["check", "--no-envoy", server.url], {
      cwd: folder,
      env: { ...process.env, TMPDIR: scratch },
    });
    assert.equal(code, 0);
    assert.deepEqual(readdirSync(scratch), []);
  });
});

describe("gloo check, when it cannot", () => {
  for (const [name, args, want] of [
    ["a folder that is not there", ["nowhere"], /^gloo: there is no folder "nowhere"\n$/],
    ["a file", ["a.yaml"], /^gloo: "a\.yaml" is a file; give the folder[^\n]*\n$/],
    [
      "a base path that is not there",
      [".", "--path", "x"],
      /^gloo: there is no folder "x" in \.\n$/,
    ],
    [
      "--ref outside of a repository",
      [".", "--ref", "main"],
      /^gloo: "\." is in no Git repository/,
    ],
    ["ssh", ["git@git.example.com:a.git"], /^gloo: repositories cannot be read over ssh/],
    [
      "a URL where nothing answers",
      ["http://127.0.0.1:1/a.git"],
      /^gloo: [^\n]*127\.0\.0\.1:1[^\n]*\n$/,
    ],
    [
      "a secrets folder that is not there",
      [".", "--secrets-dir", "x"],
      /^gloo: no such file or folder: "[^"]*x"\n$/,
    ],
    ["an unknown format", [".", "--format", "xml"], /Allowed choices are human, json, github/],
  ] as const) {
    it(`ends with 2 and says why: ${name}`, async () => {
      write("a.yaml", "");
      const { code, stdout, stderr } = await checkFast(...args);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
      assert.match(stderr, want);
    });
  }

  it("says which ref is not there, and which are", async () => {
    write("upstreams/pets.yaml", upstream);
    await commitAll();
    const { code, stderr } = await checkFast("--ref", "mian");
    assert.equal(code, 2);
    assert.match(stderr, /^gloo: the repository has no branch or tag "mian"; there is "main"\n$/);
  });
});

describe("the gloo executable", () => {
  it("checks a config tree of a dozen files, Envoy included", async () => {
    cpSync(sampleRepository, join(folder, "config"), { recursive: true });
    const { code, stdout, stderr } = await runGloo(["check", "config"], { cwd: folder });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout, stderr: "" });
    assert.match(stdout, /^14 files, nothing wrong; Envoy takes it\n$/);
  });
});
