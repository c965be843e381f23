import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import { ciKinds, type CiKind } from "../init/template-files.js";
import { ExitCode, type Io } from "../io.js";
import { quoteForShell } from "../quote-for-shell.js";

interface Options {
  /** `false`: none. */
  readonly ci?: readonly CiKind[] | false;
  readonly branch: string;
  readonly git: boolean;
  readonly hook?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `gloo init`: a repository to start from. */
export function addInitCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("init")
    .summary("start a config repository")
    .description(
      "Makes a folder a config repository: an upstream, a route and a test to start from, schemas that editors " +
        "complete by, a workflow that checks pull requests and says what they change, and a README. What is there " +
        "already is kept; run again, it renews the schemas.",
    )
    .argument("[folder]", "where; made if it is not there", ".")
    .addOption(
      new Option(
        "--ci <kind...>",
        "where pull requests are checked (default: as the remote looks)",
      ).choices([...ciKinds]),
    )
    .option("--no-ci", "no workflow")
    .option("--branch <name>", "the branch that is served", "main")
    .option("--no-git", "do not make it a Git repository")
    .option("--hook", "check every commit before it is made (gloo hook pre-commit)")
    .option("--force", "replace files that are there")
    .option("--json", "print what was written as JSON")
    .action(async (folder: string, options: Options) => {
      finish(await run(resolve(io.cwd, folder), folder, options, io));
    });
  addHelp(
    command,
    [
      { command: "gloo init gateway", what: "In a folder of its own" },
      { command: "gloo init --ci gitlab --hook", what: "In this folder, for GitLab, with a hook" },
      { command: "gloo init --no-ci", what: "After an upgrade: new schemas for editors" },
    ],
    { 0: "the repository is there", 2: "it could not be written" },
  );
}

async function run(folder: string, shown: string, options: Options, io: Io): Promise<ExitCode> {
  const { mkdir } = await import("node:fs/promises");
  const { templateFiles } = await import("../init/template-files.js");
  const { hasConfig, writeRepository } = await import("../init/write-repository.js");
  await mkdir(folder, { recursive: true });
  if (options.git) await ensureRepository(folder, options.branch, io);
  const ci = options.ci === false ? [] : (options.ci ?? [await likelyCi(folder, io)]);
  const samples = !(await hasConfig(folder));
  const files = templateFiles({ ci, branch: options.branch, samples });
  const { written, kept } = await writeRepository(folder, files, options.force === true);
  if (options.hook === true) {
    const { installHook } = await import("../hook/install-hook.js");
    await installHook({ hook: "pre-commit", repository: folder, args: [], force: false }, io);
  }
  if (options.json === true) {
    io.stdout(`${JSON.stringify({ written, kept }, undefined, 2)}\n`);
    return ExitCode.Ok;
  }
  for (const path of written) io.stdout(`wrote ${path}\n`);
  for (const path of kept) io.stdout(`kept ${path}\n`);
  const word = quoteForShell(shown);
  const there = shown === "." ? "" : ` ${word}`;
  io.stdout(
    `\nNext: gloo check${there}, then commit it, and serve it: gloo serve --repo ${word}\n`,
  );
  return ExitCode.Ok;
}

async function ensureRepository(folder: string, branch: string, io: Io): Promise<void> {
  const { askGit } = await import("../ask-git.js");
  const known = await askGit(["rev-parse", "--git-dir"], io, { cwd: folder }).catch(() => "");
  if (known !== "") return;
  await askGit(["init", "--quiet", `--initial-branch=${branch}`, "."], io, { cwd: folder });
}

/** The forge that the remote's address looks like. */
async function likelyCi(folder: string, io: Io): Promise<CiKind> {
  const { askGit } = await import("../ask-git.js");
  const asked = askGit(["config", "--get", "remote.origin.url"], io, { cwd: folder });
  const url = await asked.catch(() => "");
  return (
    ciKinds.find((kind) => url.includes(kind)) ?? (url.includes("codeberg") ? "forgejo" : "github")
  );
}
