import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { envoyPath } from "../../support/envoy-binary.js";
import { startForgeServer } from "../../support/forge-server.js";
import { gitEnvironment, runGit } from "../../support/git-repo.js";
import { runCommand } from "../../support/run-program.js";

const main = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

let scratch: string;
let folder: string;
before(() => {
  scratch = mkdtempSync(join(tmpdir(), "gloo-test-init-"));
  mkdirSync(join(scratch, "bin"));
  const program = `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`;
  writeFileSync(join(scratch, "bin", "gloo"), program, { mode: 0o755 });
  // What a workflow would fetch is here already.
  writeFileSync(join(scratch, "bin", "npm"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
});
after(() => rmSync(scratch, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(scratch, "repo-"));
});

const init = (...args: readonly string[]) => runCommand(["init", ...args], { cwd: folder });
const read = (path: string): string => readFileSync(join(folder, path), "utf8");

async function commitAll(message: string): Promise<void> {
  await runGit(folder, ["add", "--all"]);
  await runGit(folder, ["commit", "--quiet", "--message", message]);
}

describe("gloo init", () => {
  it("makes a repository that is good as it is, tests and all", async () => {
    const { code, stdout } = await init();
    assert.equal(code, 0);
    assert.match(stdout, /^wrote README\.md\nwrote gloo\.yaml\nwrote upstreams\/hello\.yaml\n/);
    const env = { ...process.env, ENVOY_BIN: await envoyPath() };
    const checked = await runCommand(["check", "--strict", folder], { env });
    assert.deepEqual(checked, {
      code: 0,
      stdout: checked.stdout,
      stderr: "",
    });
    assert.match(checked.stdout, /^4 files, nothing wrong; Envoy takes it\n$/);
    assert.equal((await runCommand(["test", folder])).stdout, "1 test, all passed\n");
    await commitAll("start");
    assert.equal((await runGit(folder, ["branch", "--show-current"])).trim(), "main");
  });

  it("says what to do next as a shell takes it", async () => {
    const { stdout } = await init("Ada's config");
    assert.ok(
      stdout.endsWith(
        "Next: gloo check 'Ada'\\''s config', then commit it, and serve it: gloo serve --repo 'Ada'\\''s config'\n",
      ),
      stdout,
    );
  });

  it("keeps what is there, and renews the schemas", async () => {
    await init();
    writeFileSync(join(folder, "README.md"), "mine\n");
    writeFileSync(join(folder, ".gloo/schemas/upstream.schema.json"), "{}\n");
    const { stdout } = await init();
    assert.match(stdout, /\nkept README\.md\n/);
    assert.equal(read("README.md"), "mine\n");
    assert.notEqual(read(".gloo/schemas/upstream.schema.json"), "{}\n");
    await init("--force");
    assert.notEqual(read("README.md"), "mine\n");
  });

  it("adds no samples to config that is there", async () => {
    mkdirSync(join(folder, "upstreams"));
    const { stdout } = await init("--json");
    const { written } = JSON.parse(stdout) as { written: string[] };
    assert.ok(!written.includes("virtualservices/hello.yaml"));
    assert.ok(written.includes("gloo.yaml"));
  });

  it("writes the workflow of the forge that the remote is at", async () => {
    await runGit(folder, ["init", "--quiet", "."]);
    await runGit(folder, ["remote", "add", "origin", "https://codeberg.org/ada/gateway.git"]);
    const { stdout } = await init();
    assert.match(stdout, /wrote \.forgejo\/workflows\/gloo\.yml\n/);
  });

  it("installs a hook if it is asked to", async () => {
    await init("--hook", "--no-ci");
    assert.match(read(".git/hooks/pre-commit"), /hook pre-commit/);
  });
});

interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly jobs: Readonly<Record<"check" | "diff", { readonly steps: readonly Step[] }>>;
}

/** Runs a line of a workflow as CI would, and gives what it ended with and all that it printed. */
async function runStep(
  text: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const path = `${join(scratch, "bin")}${delimiter}${process.env["PATH"] ?? ""}`;
  const child = spawn("bash", ["-e", "-c", text], {
    cwd: folder,
    env: { ...gitEnvironment, ENVOY_BIN: await envoyPath(), ...env, PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => void (output += chunk));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  return { code, output };
}

/** A clone with a branch of its own that leads a route elsewhere, or nowhere. */
async function branchOff(kind: string, upstream: string): Promise<void> {
  assert.equal((await init("--ci", kind)).code, 0);
  await commitAll("start");
  const origin = mkdtempSync(join(scratch, "origin-"));
  await runGit(origin, ["clone", "--quiet", "--bare", folder, "."]);
  await runGit(folder, ["remote", "add", "origin", origin]);
  await runGit(folder, ["fetch", "--quiet", "origin"]);
  await runGit(folder, ["switch", "--quiet", "--create", "change"]);
  const service = read("virtualservices/hello.yaml").replace(
    /name: hello\n$/,
    `name: ${upstream}\n`,
  );
  writeFileSync(join(folder, "virtualservices/hello.yaml"), service);
  writeFileSync(
    join(folder, "upstreams/other.yaml"),
    read("upstreams/hello.yaml").replace("name: hello", "name: other"),
  );
  writeFileSync(
    join(folder, "tests/hello.yaml"),
    read("tests/hello.yaml").replace("upstream: hello", "upstream: other"),
  );
  await commitAll("change");
}

describe("the workflow of gloo init", () => {
  const workflowAt = (path: string): Workflow => load(read(path)) as Workflow;
  const stepsOf = (workflow: Workflow, job: "check" | "diff", event: string): readonly Step[] =>
    workflow.jobs[job].steps.filter(
      (step) =>
        step.run !== undefined &&
        (step.if === undefined ||
          (step.if.includes("==") === (event === "pull_request") &&
            step.if.includes("event_name"))),
    );

  for (const [kind, path] of [
    ["github", ".github/workflows/gloo.yml"],
    ["forgejo", ".forgejo/workflows/gloo.yml"],
  ] as const) {
    it(`passes a good pull request and says what it changes: ${kind}`, async () => {
      await branchOff(kind, "other");
      const forge = await startForgeServer({ kind: "github", token: "t-1" });
      try {
        const env = {
          GITHUB_ACTIONS: "true",
          GITHUB_API_URL: forge.url,
          GITHUB_REPOSITORY: "ada/gateway",
          GITHUB_REF: "refs/pull/7/merge",
          GITHUB_BASE_REF: "main",
          GITHUB_TOKEN: "t-1",
        };
        const workflow = workflowAt(path);
        for (const job of ["check", "diff"] as const) {
          for (const step of stepsOf(workflow, job, "pull_request")) {
            const { code, output } = await runStep(step.run ?? "", env);
            assert.equal(code, 0, `${step.name}: ${output}`);
          }
        }
        assert.equal(forge.comments.length, 1);
        assert.match(forge.comments[0]?.body ?? "", /destination: <code>hello → other<\/code>/);
      } finally {
        await forge.close();
      }
    });
  }

  it("fails a bad pull request with annotations, and says so in the comment", async () => {
    await branchOff("github", "nowhere");
    const forge = await startForgeServer({ kind: "github", token: "t-1" });
    try {
      const env = {
        GITHUB_ACTIONS: "true",
        GITHUB_API_URL: forge.url,
        GITHUB_REPOSITORY: "ada/gateway",
        GITHUB_REF: "refs/pull/7/merge",
        GITHUB_BASE_REF: "main",
        GITHUB_TOKEN: "t-1",
      };
      const workflow = workflowAt(".github/workflows/gloo.yml");
      const [, check] = stepsOf(workflow, "check", "pull_request");
      const { code, output } = await runStep(check?.run ?? "", env);
      assert.equal(code, 1);
      assert.match(output, /^::error file=virtualservices\/hello\.yaml,line=11,/m);
      const diff = stepsOf(workflow, "diff", "pull_request").at(-1);
      assert.equal((await runStep(diff?.run ?? "", env)).code, 0);
      assert.match(forge.comments[0]?.body ?? "", /this would not go live: 1 error/);
    } finally {
      await forge.close();
    }
  });

  it("checks all of a branch", async () => {
    await branchOff("github", "other");
    const workflow = workflowAt(".github/workflows/gloo.yml");
    for (const step of stepsOf(workflow, "check", "push")) {
      const { code, output } = await runStep(step.run ?? "", {});
      assert.equal(code, 0, `${step.name}: ${output}`);
    }
  });

  it("writes the reports of GitLab, and its comment", async () => {
    await branchOff("gitlab", "other");
    const pipeline = load(read(".gitlab-ci.yml")) as Readonly<
      Record<string, { readonly script: readonly string[] }>
    >;
    const forge = await startForgeServer({ kind: "gitlab", token: "t-1" });
    try {
      const env = {
        GITLAB_CI: "true",
        CI_API_V4_URL: forge.url,
        CI_PROJECT_ID: "42",
        CI_MERGE_REQUEST_IID: "7",
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
        GLOO_COMMENT_TOKEN: "t-1",
      };
      for (const job of ["gloo check", "gloo diff"]) {
        const { code, output } = await runStep((pipeline[job]?.script ?? []).join("\n"), env);
        assert.equal(code, 0, `${job}: ${output}`);
      }
      assert.deepEqual(JSON.parse(read("gl-code-quality-report.json")), []);
      assert.match(read("gloo-tests.xml"), /<testsuites/);
      assert.match(forge.comments[0]?.body ?? "", /destination: <code>hello → other<\/code>/);
    } finally {
      await forge.close();
    }
  });
});
