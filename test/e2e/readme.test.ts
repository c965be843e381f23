import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../../src/cli/demo/loopback-server.js";
import { copySample, setPorts, setRouteUpstream } from "../../src/cli/demo/sample-config.js";
import { envoyPath } from "../support/envoy-binary.js";
import { gitEnvironment } from "../support/git-repo.js";
import { runCommand } from "../support/run-program.js";
import { writeGlooShim } from "../support/shims.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The block of shell commands below a comment. */
function commandsBelow(comment: string): string {
  const found = readme.split(comment)[1]?.match(/```sh\n([^]*?)```/);
  assert.ok(found?.[1], `README.md has no commands below ${comment}`);
  return found[1];
}

/** Replaces what a test must not use; every one of them has to be there. */
function replaceAll(text: string, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce((before, [from, to]) => {
    assert.ok(before.includes(from), `README.md does not say "${from}"`);
    return before.replaceAll(from, to);
  }, text);
}

/** Runs a script and everything that it leaves in the background, until the script ends. */
async function runScript(
  script: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
    cwd: root,
    env,
    detached: true, // a process group of its own, so that all of it can be ended
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => void (output += text));
  }
  const [code] = (await once(child, "exit")) as [number];
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch (cause) {
    // Nothing was left in the background.
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
  return { code, output };
}

describe("README.md", () => {
  it("starts a gateway by the commands that it shows", async () => {
    const ports = {
      xds: await freePort(),
      admin: await freePort(),
      envoy: await freePort(),
      pets: await freePort(),
      petsNext: await freePort(),
    };
    const sample = join(folder, "sample");
    const bin = join(folder, "bin");
    mkdirSync(bin);
    await copySample(sample);
    await setPorts(sample, ports);
    writeGlooShim(bin, ports);
    const script = replaceAll(commandsBelow("<!-- Run by test/e2e/readme.test.ts. -->"), {
      "npm run build && npm install --global .": ":",
      "cp -r sample-repo": `cp -r ${sample}`,
      "/tmp/gloo-start": join(folder, "start"),
      "~/.cache/gloo-gitops/envoy-1.40.0/envoy": await envoyPath(),
      ":8080/": `:${ports.envoy}/`,
      "listen(9001)": `listen(${ports.pets})`,
    });
    const env = { ...gitEnvironment, PATH: `${bin}:${process.env["PATH"]}` };
    const { code, output } = await runScript(script, env);
    assert.equal(code, 0, output);
    assert.match(output, /^14 files, nothing wrong[^\n]*\nhello\nhealth +ok\n/);
  });

  it("shows a diagnostic as gloo prints it", async () => {
    await copySample(folder);
    await setRouteUpstream(folder, "pets-nxt");
    const { stdout } = await runCommand(["check", "--no-envoy"], { cwd: folder });
    assert.ok(readme.includes(`\`\`\`text\n${stdout}\`\`\``), stdout);
  });
});
