import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runCommand } from "../../support/run-program.js";

const script = async (shell: string): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(["completion", shell]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
};

const isHere = (shell: string): boolean =>
  spawnSync(shell, ["-c", "exit 0"], { stdio: "ignore" }).status === 0;

/** What a shell offers for a line that ends where the cursor is. */
type Complete = (line: string) => Promise<readonly string[]>;

function run(shell: string, text: string): readonly string[] {
  // The text may be longer than an argument can be.
  const folder = mkdtempSync(join(tmpdir(), "gloo-test-completion-"));
  writeFileSync(join(folder, "script"), text);
  const { status, stdout, stderr } = spawnSync(shell, [join(folder, "script")], {
    encoding: "utf8",
  });
  rmSync(folder, { recursive: true });
  assert.equal(status, 0, stderr);
  return stdout
    .split("\n")
    .map((line) => line.split("\t")[0] ?? "")
    .filter((word) => word !== "");
}

const bash: Complete = async (line) => {
  const words = line.split(" ").map((word) => `'${word}'`);
  return run(
    "bash",
    `${await script("bash")}
COMP_WORDS=(${words.join(" ")}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _gloo
printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
};

const fish: Complete = async (line) =>
  run("fish", `${await script("fish")}\ncomplete -C '${line}'`);

/** zsh completes only on a line editor; here what the script would hand to it is taken instead. */
const zsh: Complete = async (line) => {
  const words = line.split(" ").map((word) => `'${word}'`);
  return run(
    "zsh",
    `compdef() { : }
compadd() { [[ $1 == -- ]] && shift; print -l -- "$@" }
_describe() { print -l -- \${\${(P)@[-1]}%%:*} }
_files() { : }
${await script("zsh")}
words=(${words.join(" ")}); CURRENT=$#words; _gloo`,
  );
};

for (const [shell, complete] of [
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
] as const) {
  const options = isHere(shell) ? {} : { skip: `there is no ${shell} on this machine` };
  describe(`gloo completion ${shell}`, options, () => {
    const offers = async (line: string, ...wanted: readonly string[]): Promise<void> => {
      const found = await complete(line);
      for (const word of wanted) {
        assert.ok(found.includes(word), `${line}: no ${word} in ${found.join(" ")}`);
      }
    };

    it("offers commands, and those below them", async () => {
      await offers("gloo ", "check", "serve", "status");
      await offers("gloo hook ", "install", "pre-receive");
      await offers("gloo hook install ", "pre-commit", "pre-receive");
    });

    it("offers the options of the command that is being typed", async () => {
      await offers("gloo check -", "--ref", "--strict");
      await offers("gloo hook pre-receive --", "--allow-delete");
      assert.ok(!(await complete("gloo check --")).includes("--allow-delete"));
    });

    it("offers the values of an option", async () => {
      await offers("gloo render --format ", "json", "yaml");
      await offers("gloo diff HEAD --exit-code ", "diff1", "diff2", "never");
    });

    it("runs nothing of what is typed", async () => {
      const found = await complete("gloo check $(echo strange) --");
      assert.ok(found.includes("--strict"));
      assert.ok(!found.includes("strange"));
    });
  });
}

describe("gloo completion", () => {
  it("says which shells it knows", async () => {
    const { code, stderr } = await runCommand(["completion", "tcsh"]);
    assert.equal(code, 2);
    assert.match(stderr, /Allowed choices are bash, zsh, fish/);
  });
});
