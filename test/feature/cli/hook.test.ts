import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../../src/lib/json.js";
import { badFiles, gatewayFiles, virtualServiceYaml } from "../../support/config-texts.js";
import {
  createTestRepository,
  gitEnvironment,
  runGit,
  type TestRepository,
} from "../../support/git-repo.js";
import { startGitServer } from "../../support/git-server.js";
import { runCommand } from "../../support/run-program.js";

const main = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

const unknown =
  'virtualservices/front.yaml:8:15: error reference/unknown-upstream: VirtualService/front#/routes/0/single_destination/upstream/name: no upstream named "missing"';

let repository: TestRepository;
let scratch: string;
let work: string;

before(() => {
  // What Git starts finds the program there: hooks get the environment of the Git that runs them.
  scratch = mkdtempSync(join(tmpdir(), "gloo-test-hook-"));
  const program = join(scratch, "gloo");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
  gitEnvironment["GLOO"] = program;
});
after(() => {
  delete gitEnvironment["GLOO"];
  rmSync(scratch, { recursive: true, force: true });
});

beforeEach(async () => {
  repository = await createTestRepository();
  await repository.commit(gatewayFiles());
  work = mkdtempSync(join(scratch, "work-"));
  await runGit(work, ["clone", "--quiet", repository.folder, "."]);
});
afterEach(() => repository.remove());

const install = (...args: readonly string[]) =>
  runCommand(["hook", "install", ...args], { cwd: work });

/** Commits in the clone, past its own hooks. */
async function commit(file: string, text: string): Promise<void> {
  writeFileSync(join(work, file), text);
  await runGit(work, ["add", "--all"]);
  await runGit(work, ["commit", "--quiet", "--no-verify", "--message", `change ${file}`]);
}

const bad = virtualServiceYaml("front", "missing");
const push = (...args: readonly string[]) => runGit(work, ["push", "--quiet", ...args]);

/** What Git complained about. */
async function refused(pushing: Promise<unknown>): Promise<string> {
  const error = await pushing.then(
    () => assert.fail("the push was accepted"),
    (cause: unknown) => cause as Error,
  );
  return error.message;
}

describe("gloo hook pre-receive", () => {
  beforeEach(async () => {
    const { code, stdout } = await install("pre-receive", "--repository", repository.folder);
    assert.equal(code, 0);
    assert.equal(stdout, `${join(repository.folder, "hooks", "pre-receive")}\n`);
  });

  it("refuses a bad push with the diagnostics on the terminal of who pushes, and takes the repaired one", async () => {
    const before = await repository.resolve("main");
    await commit("virtualservices/front.yaml", bad);
    const told = await refused(push());
    assert.match(told, new RegExp(`remote: ${unknown.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}`));
    assert.match(told, /remote: refs\/heads\/main is refused: it has errors/);
    assert.match(told, /pre-receive hook declined/);
    assert.equal(await repository.resolve("main"), before);

    await commit("virtualservices/front.yaml", virtualServiceYaml("front", "back"));
    await push();
    assert.equal(await repository.resolve("main"), await runGitLine("rev-parse", "HEAD"));
  });

  it("reads what is pushed from quarantine also where it comes as a pack, over HTTP", async () => {
    await repository.git("config", "receive.unpackLimit", "1");
    const server = await startGitServer(repository.folder);
    try {
      await commit("virtualservices/front.yaml", bad);
      assert.match(await refused(push(server.url, "main")), /no upstream named "missing"/);
      await commit("virtualservices/front.yaml", virtualServiceYaml("front", "back"));
      await push(server.url, "main");
      assert.equal(await repository.resolve("main"), await runGitLine("rev-parse", "HEAD"));
    } finally {
      await server.close();
    }
  });

  it("has nothing to say about branches that are not served", async () => {
    await commit("virtualservices/front.yaml", bad);
    await push("origin", "HEAD:refs/heads/draft");
    assert.equal(await repository.resolve("draft"), await runGitLine("rev-parse", "HEAD"));
  });

  it("refuses the whole push if one of its branches is bad", async () => {
    await commit("virtualservices/front.yaml", bad);
    await refused(push("origin", "HEAD:refs/heads/draft", "HEAD:refs/heads/main"));
    await assert.rejects(repository.resolve("draft"));
  });

  it("does not let the served branch be deleted", async () => {
    await repository.git("config", "receive.denyDeleteCurrent", "ignore");
    const told = await refused(push("origin", ":refs/heads/main"));
    assert.match(
      told,
      /refs\/heads\/main is refused: Envoys are served from it; --allow-delete lets it go/,
    );
    await install("pre-receive", "--repository", repository.folder, "--", "--allow-delete");
    await push("origin", ":refs/heads/main");
    await assert.rejects(repository.resolve("main"));
  });

  it("looks at the folder and the branches that it is told of", async () => {
    const args = ["--", "--path", "env/it's prod", "--ref", "release"];
    await install("pre-receive", "--repository", repository.folder, ...args);
    await commit("virtualservices/front.yaml", bad);
    await push("origin", "HEAD:refs/heads/main");
    const told = await refused(push("origin", "HEAD:refs/heads/release"));
    assert.match(told, /the commit has no folder "env\/it's prod"/);
  });

  it("refuses what cannot be checked", async () => {
    const args = ["--", "--plugin", "no-such-plugin"];
    await install("pre-receive", "--repository", repository.folder, ...args);
    await commit("upstreams/note.yaml", "# nothing\n");
    assert.match(await refused(push()), /no-such-plugin/);
  });
});

describe("gloo hook pre-receive, by hand", () => {
  const receive = (stdin: string, ...args: readonly string[]) =>
    runCommand(["hook", "pre-receive", ...args], {
      cwd: repository.folder,
      stdin: () => Promise.resolve(Buffer.from(stdin)),
    });

  it("prints its verdicts as JSON", async () => {
    const oid = await repository.commit(badFiles);
    const zero = "0".repeat(40);
    const { code, stdout } = await receive(`${zero} ${oid} refs/heads/main\n`, "--json");
    assert.equal(code, 1);
    const document = JSON.parse(stdout) as { accepted: boolean; refs: JsonObject[] };
    assert.equal(document.accepted, false);
    const [verdict] = document.refs;
    assert.equal(verdict?.["commit"], oid);
    assert.equal(verdict?.["accepted"], false);
    assert.equal(verdict?.["errors"], 1);
  });

  it("says what is wrong with an input that is not Git's", async () => {
    assert.deepEqual(await receive("main\n"), {
      code: 2,
      stdout: "",
      stderr:
        "gloo: stdin is not what Git gives a pre-receive hook (<old> <new> <ref>); let Git run it: gloo hook install pre-receive\n",
    });
  });
});

describe("gloo hook pre-commit", () => {
  const pathOf = (file: string): string => join(work, file);
  const stage = async (file: string, text: string): Promise<void> => {
    writeFileSync(pathOf(file), text);
    await runGit(work, ["add", file]);
  };

  beforeEach(async () => {
    assert.equal((await install("pre-commit")).code, 0);
  });

  it("keeps Git from making a bad commit", async () => {
    await stage("virtualservices/front.yaml", bad);
    const told = await refused(runGit(work, ["commit", "--quiet", "--message", "bad"]));
    assert.equal(await runGitLine("rev-parse", "HEAD"), await repository.resolve("main"));
    assert.match(told, /git commit/);
    const { code, stdout } = await runCommand(["hook", "pre-commit"], { cwd: work });
    assert.equal(code, 1);
    assert.ok(stdout.startsWith(unknown), stdout);
  });

  it("looks at what is staged, not at what is on disk", async () => {
    writeFileSync(pathOf("virtualservices/front.yaml"), bad);
    await stage(
      "upstreams/back.yaml",
      readFileSync(pathOf("upstreams/back.yaml"), "utf8") + "# x\n",
    );
    await runGit(work, ["commit", "--quiet", "--message", "good"]);
    assert.equal(readFileSync(pathOf("virtualservices/front.yaml"), "utf8"), bad);
    assert.notEqual(await runGitLine("rev-parse", "HEAD"), await repository.resolve("main"));
  });

  it("leaves no objects behind", async () => {
    await stage(
      "upstreams/back.yaml",
      readFileSync(pathOf("upstreams/back.yaml"), "utf8") + "# x\n",
    );
    const count = await runGitLine("count-objects");
    assert.equal((await runCommand(["hook", "pre-commit"], { cwd: work })).code, 0);
    assert.equal(await runGitLine("count-objects"), count);
  });
});

describe("gloo hook install", () => {
  it("does not replace the hook of somebody else, unless it is told to", async () => {
    const file = join(work, ".git", "hooks", "pre-commit");
    writeFileSync(file, "#!/bin/sh\nexit 0\n");
    assert.deepEqual(await install("pre-commit"), {
      code: 2,
      stdout: "",
      stderr: `gloo: there is another pre-commit hook at ${file}; call \`gloo hook pre-commit\` from it, or replace it with --force\n`,
    });
    assert.equal((await install("pre-commit", "--force")).code, 0);
    assert.equal((await install("pre-commit")).code, 0, "its own may be replaced");
    assert.equal(statSync(file).mode & 0o777, 0o755);
  });

  it("goes where Git looks for hooks", async () => {
    await runGit(work, ["config", "core.hooksPath", ".githooks"]);
    const { stdout } = await install("pre-commit");
    assert.equal(stdout, `${join(work, ".githooks", "pre-commit")}\n`);
  });

  it("says that a folder is no repository", async () => {
    const { code, stderr } = await install("pre-commit", "--repository", scratch);
    assert.equal(code, 2);
    assert.match(stderr, /^gloo: "[^"]+" is in no Git repository; go to a clone/);
  });
});

const runGitLine = async (...args: readonly string[]): Promise<string> =>
  (await runGit(work, args)).trim();
