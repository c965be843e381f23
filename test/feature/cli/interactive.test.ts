import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, it } from "node:test";
import { gitEnvironment } from "../../support/git-repo.js";
import { createObjectBench, type ObjectBench } from "../../support/object-commands.js";

const driver = fileURLToPath(new URL("../../support/answer-in-terminal.py", import.meta.url));
const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const loader = import.meta.resolve("tsx");
const hasPython = spawnSync("python3", ["-c", "import pty"]).status === 0;

describe("in a terminal", { skip: !hasPython && "there is no python3 with pty here" }, () => {
  let bench: ObjectBench;
  beforeEach(async () => {
    bench = await createObjectBench({
      "upstreams/pets.yaml":
        "name: pets\ntype: static\nspec:\n  hosts:\n    - addr: 10.0.0.1\n      port: 80\n",
    });
  });
  afterEach(() => bench.close());

  /** Runs the program in a pseudo-terminal; each step waits for a text and types a line. */
  async function inTerminal(
    args: readonly string[],
    steps: readonly (readonly [wait: string, type: string])[],
  ): Promise<{ readonly code: number | null; readonly shown: string }> {
    const { CI: _, ...env } = gitEnvironment;
    const command = [process.execPath, "--import", loader, main, ...args];
    const child = spawn("python3", [driver, JSON.stringify(steps), ...command], {
      cwd: bench.clone,
      env: { ...env, TERM: "dumb", NO_COLOR: "1" },
    });
    let shown = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => void (shown += text));
    }
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    return { code, shown };
  }

  it("gloo upstream create -i asks one thing after the other", async () => {
    const { code, shown } = await inTerminal(
      ["upstream", "create", "-i"],
      [
        ["Number or word", "static"],
        ["Name", "pets"],
        ["Name", "cats"],
        ["Hosts", "10.0.0.2:8080"],
      ],
    );
    assert.equal(code, 0, shown);
    assert.match(shown, /there is an upstream "pets" already/);
    assert.match(shown, /created upstream\/cats in upstreams\/cats\.yaml/);
    assert.match(await bench.committed("upstreams/cats.yaml"), /port: 8080/);
  });

  it("gloo upstream delete asks, and takes no for an answer", async () => {
    const { code, shown } = await inTerminal(
      ["upstream", "delete", "pets"],
      [["Delete upstream/pets? [y/N]", "n"]],
    );
    assert.equal(code, 1, shown);
    assert.match(await bench.committed("upstreams/pets.yaml"), /name: pets/);
  });
});
