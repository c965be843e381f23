import type { Command } from "commander";
import type { CommitResult } from "../../authoring/commit-on-branch.js";
import type { WritableRepository } from "../../authoring/writable-repository.js";
import { addHelp, type CommandContext } from "../add-command.js";
import { CommandError, ExitCode, withProgress, type Io } from "../io.js";
import type { RollbackPlan } from "../rollback/plan-rollback.js";
import { addRemoteOptions, configTargetOf, type ConfigOptions } from "./config-options.js";

interface Options extends ConfigOptions {
  readonly to?: string;
  readonly on?: string;
  readonly branch?: string;
  readonly remote?: string | true;
  readonly message?: string;
  readonly reason?: string;
  readonly author?: string;
  readonly sign?: boolean;
  readonly server?: string;
  readonly environment?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `gloo rollback`: a commit that makes the config what it was. */
export function addRollbackCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("rollback")
    .summary("make the commit that takes the config back to an earlier one")
    .description(
      "Makes a new commit whose config is that of an earlier one: nothing is overwritten, and the history " +
        "says what was undone and why. By default it goes back to before the newest commit that changed the " +
        "config. In a clone the commit is made there; with --remote, or for a URL, it is pushed. " +
        "Control planes then serve the earlier snapshot again, without building it anew.",
    )
    .argument("[repository]", "a repository on this machine, or the http(s) or ssh URL of one", ".")
    .option(
      "--to <commit>",
      "the commit whose config is wanted, by its id or the first digits of it",
    )
    .option(
      "--on <branch>",
      "the branch that is rolled back (default: the one checked out, or the default)",
    )
    .option("--branch <name>", "put the commit on this new branch instead, for a pull request")
    .option(
      "--remote [name]",
      "of a clone: push to this remote (default: origin), leave the clone as it is",
    )
    .option(
      "--path <folder>",
      "the folder of the repository that holds the config; no other is touched",
    )
    .option("--reason <text>", "why, for the commit's message")
    .option("--message <text>", "the first line of the commit's message")
    .option(
      "--author <author>",
      'who makes it, as "Ada <ada@example.com>" (default: as Git has it)',
    )
    .option("--sign", "sign the commit, as Git is set to")
    .option(
      "--server <url>",
      "go back to what this `gloo serve` had live before, if --to does not say",
    )
    .option("--environment <name>", "of several that the server serves, the one to go back in")
    .option("--token-file <file>", "file with the token that the server asks for off loopback")
    .option("--ca-file <file>", "PEM file with CAs to trust for --server")
    .option("--dry-run", "say what would be done, and do nothing")
    .option("--yes", "do not ask, on a terminal either")
    .option("--json", "print what was done as JSON")
    .action(async (where: string, options: Options) => finish(await run(where, options, io)));
  addRemoteOptions(command);
  addHelp(
    command,
    [
      {
        command: "gloo rollback --dry-run",
        what: "What the last change of the config was, and undoing it",
      },
      {
        command: 'gloo rollback --remote --reason "pets answers 503"',
        what: "Undo it on the branch that control planes follow",
      },
      {
        command: "gloo rollback --to 3f2c9a1 --branch revert/pets --remote",
        what: "Go back further, by a pull request",
      },
      {
        command:
          "gloo rollback https://git.example.com/edge/config.git --path env/prod --server https://gloo.internal:8090 --yes",
        what: "From anywhere, to what was live before",
      },
    ],
    {
      0: "the commit was made, or the config is that of the earlier commit already",
      1: "the person at the terminal said no",
      2: "the commit could not be made or was not accepted",
    },
  );
}

async function run(where: string, options: Options, io: Io): Promise<ExitCode> {
  const { createWritableRepository } = await import("../../authoring/open-repository.js");
  const { remote: access } = await configTargetOf(where, options, io);
  const { remote } = options;
  const repository = createWritableRepository({
    ...access,
    url: await locationOf(where, io),
    ...(remote === undefined ? {} : { remote: remote === true ? "origin" : remote }),
  });
  try {
    return await rollBack(repository, options, io);
  } catch (cause) {
    const { refusalOf } = await import("../rollback/refusal.js");
    throw refusalOf(cause, io);
  } finally {
    await repository.close();
  }
}

async function rollBack(
  repository: WritableRepository,
  options: Options,
  io: Io,
): Promise<ExitCode> {
  const { planRollback } = await import("../rollback/plan-rollback.js");
  const { formatPlan } = await import("../rollback/format-plan.js");
  const { messageOfRollback, shortOf } = await import("../../authoring/rollback-message.js");
  const { parseBasePath } = await import("../../client/base-path.js");
  const basePath = parseBasePath(options.path ?? "");
  const { server, on: branch, to } = options;
  const request = {
    repository,
    branch,
    basePath,
    to,
    server: server === undefined ? undefined : { ...options, server },
  };
  const plan = await withProgress(io, `reading ${repository.label}`, () =>
    planRollback(request, io),
  );
  const message = messageOfRollback({ ...plan, subject: options.message, reason: options.reason });
  if (plan.head.treeOid === plan.target.treeOid) {
    const said = `the config of ${plan.branch} is that of ${shortOf(plan.target)} already\n`;
    report(plan, undefined, options, said, message, io);
    return ExitCode.Ok;
  }
  if (options.dryRun === true) {
    report(plan, undefined, options, formatPlan(plan, io.style), message, io);
    return ExitCode.Ok;
  }
  if (io.ask !== undefined && options.yes !== true) {
    io.stderr(formatPlan(plan, io.style));
    const answer = await io.ask(`Roll back ${options.branch ?? plan.branch}? [y/N] `);
    if (!/^\s*y(?:es)?\s*$/i.test(answer ?? "")) {
      io.stderr("gloo: nothing was changed\n");
      return ExitCode.Invalid;
    }
  }
  const done = await withProgress(io, `writing to ${repository.label}`, () =>
    commit(repository, plan, { ...options, message, basePath }, io),
  );
  const files = `${plan.files.length} file${plan.files.length === 1 ? "" : "s"}`;
  const said = `${done.branch} is at ${(done.commit ?? "").slice(0, 12)}: the config of ${shortOf(plan.target)}, ${files} changed\n`;
  report(plan, done, options, said, message, io);
  return ExitCode.Ok;
}

async function commit(
  repository: WritableRepository,
  plan: RollbackPlan,
  options: Options & { readonly message: string; readonly basePath: string },
  io: Io,
): Promise<CommitResult> {
  const { commitChanges } = await import("../../authoring/commit-changes.js");
  const { createCommitSigner } = await import("../../authoring/sign-commit.js");
  const { authorOf, signingKeyOf } = await import("../rollback/git-identity.js");
  const author = await authorOf(options.author, io);
  const signer = options.sign === true ? createCommitSigner(await signingKeyOf(io)) : undefined;
  const { branches } = await repository.listBranches(io.signal);
  if (options.branch !== undefined && branches.has(options.branch)) {
    throw new CommandError(`there is a branch "${options.branch}" already; choose another name`);
  }
  return commitChanges(
    {
      repository,
      branch: options.branch ?? plan.branch,
      from: plan.head.oid,
      base: plan.head.oid,
      // Whatever else was changed meanwhile would be lost, or left half: the person looks again.
      frozen: [options.basePath],
      changes: plan.changes,
      message: options.message,
      author,
      signer,
    },
    io.signal,
  );
}

function report(
  plan: RollbackPlan,
  done: CommitResult | undefined,
  options: Options,
  text: string,
  message: string,
  io: Io,
): void {
  if (options.json !== true) return io.stdout(text);
  const { head, target, undone, files, branch } = plan;
  const brief = ({ oid, message: of, author }: RollbackPlan["head"]) => ({
    oid,
    subject: of.split("\n")[0] ?? "",
    author: author.name,
  });
  const document = {
    branch: done?.branch ?? options.branch ?? branch,
    commit: done?.commit ?? null,
    head: brief(head),
    target: brief(target),
    undone: undone.map(brief),
    files,
    message,
  };
  io.stdout(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** Folders start from the working folder; of a folder within a clone, the clone is meant. */
async function locationOf(where: string, io: Io): Promise<string> {
  const { parseRepositoryLocation } = await import("../../source/remote-url.js");
  const location = parseRepositoryLocation(where);
  if (location.kind !== "local") return where;
  const { resolve } = await import("node:path");
  return resolve(io.cwd, location.folder);
}
