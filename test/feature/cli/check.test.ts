import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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
      assert.equal((await checkFast("--json")).stdout, stdout);
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

describe("gloo check, as reports for CI", () => {
  beforeEach(() => {
    write("virtualservices/pets.yaml", service("petz"));
    write("upstreams/pets.yaml", upstream);
  });

  for (const [format, want] of [
    ["gitlab", /^\[\n {2}\{\n {4}"description": "VirtualService\/pets#[^]*\n\]\n$/],
    ["sarif", /^\{\n {2}"\$schema"[^]*"ruleId": "reference\/unknown-upstream"[^]*\n\}\n$/],
    ["junit", /^<\?xml [^]*<testcase [^>]*name="upstreams\/pets\.yaml"[^>]*\/>[^]*<failure /],
  ] as const) {
    it(`prints ${format} to stdout alone, and what it adds up to to stderr`, async () => {
      const { code, stdout, stderr } = await checkFast("--format", format);
      assert.match(stdout, want);
      assert.deepEqual({ code, stderr }, { code: 1, stderr: "1 error in 2 files\n" });
    });
  }

  it("writes a report into a file, and prints for people", async () => {
    const args = ["--format", "junit", "--output", "report.xml"];
    assert.deepEqual(await checkFast(...args), {
      code: 1,
      stdout: `virtualservices/pets.yaml:${unknown}1 error in 2 files\n`,
      stderr: "",
    });
    const report = readFileSync(join(folder, "report.xml"), "utf8");
    assert.match(report, /<testsuites name="gloo check" tests="2" failures="1" errors="0">/);
  });

  it("counts and lists no file that gloo.yaml ignores", async () => {
    write("gloo.yaml", "ignore: [docs/**]\n");
    write("docs/pets.yaml", "name: pets\n");
    const { stdout, stderr } = await checkFast("--format", "junit");
    assert.equal(stderr, "1 error in 3 files\n");
    assert.match(stdout, /name="gloo\.yaml"/);
    assert.doesNotMatch(stdout, /docs/);
  });

  it("ends with 2 if the report cannot be written", async () => {
    const { code, stdout, stderr } = await checkFast("--output", "no/where.json");
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.match(stderr, /^gloo: the report could not be written: ENOENT[^\n]*\n$/);
  });
});

describe("gloo check, by the rules of the repository", () => {
  it("says what breaks them, warns of routes that nothing reaches, and follows their severities", async () => {
    write("upstreams/pets.yaml", upstream);
    write(
      "virtualservices/pets.yaml",
      `${service("pets")}${service("pets").slice(service("pets").indexOf("  - "))}`.replace(
        "path_prefix: /",
        "path_regex: /.*",
      ),
    );
    write("gloo.yaml", "policies:\n  forbidden_hosts: [127.0.0.0/8]\n");
    assert.deepEqual(await checkFast(), {
      code: 1,
      stdout:
        'upstreams/pets.yaml:5:14: error policy/forbidden-host: Upstream/pets#/spec/hosts/0/addr: no upstream may lead to "127.0.0.1": "127.0.0.0/8" is forbidden here\n' +
        "  hint: use another host; `policies.forbidden_hosts` of gloo.yaml lists those that none may use\n" +
        "virtualservices/pets.yaml:4:19: warning lint/regex-matches-all: VirtualService/pets#/routes/0/request_matcher/path_regex: the regex /.* matches every path\n" +
        "  hint: write `path_prefix: /`, which costs Envoy nothing\n" +
        "virtualservices/pets.yaml:8:5: warning lint/duplicate-route: VirtualService/pets#/routes/1: the route is never reached: route 0 matches just the same requests\n" +
        "  hint: remove one of the two\n" +
        "  virtualservices/pets.yaml:3:5: route 0 is here\n" +
        "1 error, 2 warnings in 3 files\n",
      stderr: "",
    });
    write(
      "gloo.yaml",
      "policies:\n  forbidden_hosts: [127.0.0.0/8]\n  severity:\n    policy/forbidden-host: warning\n" +
        "    lint/regex-matches-all: off\n    lint/duplicate-route: off\n",
    );
    const { code, stdout } = await checkFast();
    assert.match(
      stdout,
      /^upstreams\/pets\.yaml:5:14: warning policy\/forbidden-host: [^]*\n1 warning in 3 files\n$/,
    );
    assert.equal(code, 0);
  });
});

describe("gloo check --base", () => {
  const verb = (method: string): string =>
    service("pets").replace("path_prefix: /", `path_prefix: /\n      verbs: [${method}]`);

  beforeEach(async () => {
    write("config/upstreams/pets.yaml", upstream);
    write("config/virtualservices/old.yaml", service("petz").replace("pets", "old"));
    write("config/virtualservices/pets.yaml", `domains: [pets.example]\n${verb("get")}`);
    await commitAll();
    await runGit(folder, ["checkout", "--quiet", "-b", "feature"]);
  });

  const known = (errors: string): string =>
    `not shown: ${errors}1 warning that main at ${commitOf("main")} has too`;
  const commitOf = (ref: string): string =>
    execFileSync("git", ["-C", folder, "rev-parse", ref], { encoding: "utf8" }).slice(0, 7);

  it("passes a change that adds nothing, and says that it does not go live all the same", async () => {
    write("config/virtualservices/pets.yaml", `# moved\n\ndomains: [pets.example]\n${verb("get")}`);
    assert.deepEqual(await checkFast("--base", "main"), {
      code: 0,
      stdout: `3 files, nothing new\n${known("1 error, ")}; with errors the config does not go live\n`,
      stderr: "",
    });
  });

  it("fails on what is new only, on disk and committed, also below a folder", async () => {
    write(
      "config/virtualservices/new.yaml",
      `domains: [new.example]\n${service("dogs").replace("pets", "new")}`,
    );
    const first = "config/virtualservices/new.yaml:8:15: error reference/unknown-upstream: ";
    for (const args of [["."], ["config"], [".", "--path", "config"]]) {
      const { code, stdout } = await checkFast(...args, "--base", "main");
      assert.equal(code, 1, args.join(" "));
      assert.ok(stdout.startsWith(first), stdout);
      assert.match(
        stdout,
        /\n1 error in 4 files, all of it new\nnot shown: 1 error, 1 warning that /,
      );
    }
    await runGit(folder, ["add", "--all"]);
    await runGit(folder, ["commit", "--quiet", "--message", "new"]);
    const committed = await checkFast("config", "--ref", "HEAD", "--base", "main");
    assert.match(committed.stdout, /\n1 error in 4 files, all of it new\n/);
  });

  it("compares with the commit that the branch left, not with what came after", async () => {
    await runGit(folder, ["checkout", "--quiet", "main"]);
    write("config/virtualservices/old.yaml", service("pets").replace("pets", "old"));
    await runGit(folder, ["commit", "--quiet", "--all", "--message", "mend"]);
    await runGit(folder, ["checkout", "--quiet", "feature"]);
    assert.equal((await checkFast("--base", "main")).code, 0);
  });

  it("says in JSON what is not shown", async () => {
    const { stdout } = await checkFast("--base", "main", "--format", "json");
    const { ok, errors, diagnostics, base } = JSON.parse(stdout) as JsonObject;
    const { commit, ...rest } = base as JsonObject;
    assert.deepEqual({ ok, errors, diagnostics }, { ok: true, errors: 0, diagnostics: [] });
    assert.deepEqual(rest, { rev: "main", errors: 1, warnings: 1 });
    assert.match(String(commit), /^[0-9a-f]{40}$/);
  });

  it("ends with 2 where there is nothing to compare with", async () => {
    await runGit(folder, ["checkout", "--quiet", "--orphan", "apart"]);
    await runGit(folder, ["commit", "--quiet", "--message", "apart"]);
    for (const [args, want] of [
      [["--base", "mian"], /^gloo: there is no commit "mian" here; git fetch may bring it\n$/],
      [
        ["--base", "main"],
        /^gloo: "main" and "HEAD" share no commit here; fetch the history[^\n]*\n$/,
      ],
      [["http://127.0.0.1:1/a.git", "--base", "main"], /^gloo: /],
      [["--base", "main", "--changed"], /^gloo: --base and --changed exclude each other\n$/],
    ] as const) {
      const { code, stderr } = await checkFast(...args);
      assert.equal(code, 2);
      assert.match(stderr, want);
    }
  });
});

describe("gloo check --changed", () => {
  const route = (name: string, target: string, ...domains: readonly string[]): string =>
    `domains: [${domains.join(", ")}]\n${service(target).replace("name: pets", `name: ${name}`)}`;

  beforeEach(async () => {
    for (const name of ["cats", "dogs", "pets"]) {
      write(`a/upstreams/${name}.yaml`, upstream.replace("pets", name));
      write(`a/virtualservices/${name}.yaml`, route(name, name, `${name}.example`));
    }
    write("b/broken.yaml", "kind: Upstream\nname: broken\ntype: static\nspec: {}\n");
    await commitAll();
  });

  const changed = (...args: readonly string[]) => check("--changed", ...args);

  it("looks at nothing where nothing changed", async () => {
    assert.deepEqual(await changed(), {
      code: 0,
      stdout: "0 changed files and 0 that depend on them, nothing wrong\n",
      stderr: "",
    });
  });

  it("finds what a change breaks in a file that it does not touch", async () => {
    write("a/upstreams/dogs.yaml", upstream.replace("pets", "hounds"));
    const { code, stdout } = await changed();
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^a\/virtualservices\/dogs\.yaml:8:15: error reference\/unknown-upstream: /,
    );
    assert.match(stdout, /\n1 error in 1 changed file and 1 that depend on it\n$/);
    rmSync(join(folder, "a/upstreams/dogs.yaml"));
    assert.match((await changed()).stdout, /no upstream named "dogs"/);
  });

  it("knows what the files that it does not report on declare", async () => {
    write("a/virtualservices/dogs.yaml", route("dogs", "cats", "dogs.example"));
    write("a/virtualservices/new.yaml", route("new", "pets", "new.example"));
    assert.deepEqual(await changed(), {
      code: 0,
      stdout: "2 changed files and 0 that depend on them, nothing wrong\n",
      stderr: "",
    });
  });

  it("finds an upstream where nobody would look for it", async () => {
    write("a/virtualservices/odd.yaml", `kind: Upstream\n${upstream.replace("pets", "odd")}`);
    await runGit(folder, ["add", "--all"]);
    await runGit(folder, ["commit", "--quiet", "--message", "odd"]);
    write("a/virtualservices/dogs.yaml", route("dogs", "odd", "dogs.example"));
    assert.equal((await changed()).code, 0);
  });

  it("finds names and domains that others have", async () => {
    write("a/upstreams/twin.yaml", upstream.replace("pets", "cats"));
    assert.match((await changed()).stdout, /error name\/duplicate: Upstream\/cats/);
    rmSync(join(folder, "a/upstreams/twin.yaml"));
    write("a/virtualservices/new.yaml", route("new", "pets", "CATS.example"));
    assert.match((await changed()).stdout, /error domain\/shared: /);
    write("a/virtualservices/new.yaml", route("new", "pets", '"*"'));
    write("a/virtualservices/other.yaml", service("pets").replace("name: pets", "name: other"));
    assert.match((await changed()).stdout, /error domain\/shared: /);
  });

  it("compares with where a branch began, below a folder too", async () => {
    await runGit(folder, ["checkout", "--quiet", "-b", "feature"]);
    write("a/virtualservices/dogs.yaml", route("dogs", "dgos", "dogs.example"));
    await runGit(folder, ["commit", "--quiet", "--all", "--message", "wrong"]);
    assert.equal((await changed()).code, 0);
    for (const args of [["main"], ["main", "a"], ["main", ".", "--path", "a"]]) {
      const { code, stdout } = await check(...args.slice(1), "--changed", "main");
      assert.equal(code, 1, args.join(" "));
      assert.match(stdout, /^a\/virtualservices\/dogs\.yaml:8:15: error /);
    }
  });

  it("looks at everything where everything may depend on a change", async () => {
    for (const path of ["gloo.yaml", "a/roles/ingress.yaml"]) {
      write(path, path === "gloo.yaml" ? "ignore: [docs/**]\n" : "name: ingress\n");
      const { stdout, stderr } = await changed("--no-envoy");
      assert.match(
        stderr,
        /^gloo: everything is checked: (?:gloo\.yaml|a role or an attribute) changed, /,
      );
      assert.match(stdout, /error [^\n]*Upstream\/broken/);
      rmSync(join(folder, path));
    }
  });

  it("ends with 2 where Git cannot tell what changed", async () => {
    writeFileSync(join(folder, ".git/index"), "no index");
    const { code, stdout, stderr } = await changed();
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.match(stderr, /^gloo: git (?:diff|ls-files): [^\n]+\n$/);
  });

  it("ends with 2 where there are no files on disk", async () => {
    for (const args of [
      ["--ref", "main"],
      ["--path", "nowhere"],
    ]) {
      const { code, stderr } = await changed(...args);
      assert.equal(code, 2);
      assert.match(
        stderr,
        /^gloo: (?:--changed is for files on disk|there is no folder "nowhere")/,
      );
    }
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
    [
      "an unknown format",
      [".", "--format", "xml"],
      /Allowed choices are human, json, github, gitlab, sarif, junit/,
    ],
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
