import { Option, type Command } from "commander";
import { hasErrors } from "../../diagnostics/diagnostic.js";
import { addHelp, type CommandContext } from "../add-command.js";
import { diffSections, type DiffReport, type DiffSection } from "../diff/diff-report.js";
import { ExitCode, type Io } from "../io.js";
import { reportFailure } from "../report-failure.js";
import type { AdminServer } from "../admin/admin-client.js";

interface Options extends AdminServer {
  readonly repository: string;
  readonly path?: string;
  readonly secretsDir?: string;
  readonly ageKeyFile?: string;
  readonly plugin?: readonly string[];
  readonly only?: readonly DiffSection[];
  readonly format: "text" | "json" | "markdown";
  readonly json?: boolean;
  readonly exitCode: "never" | "diff1" | "diff2";
}

/** `gloo diff`: what changes for traffic between two states of a config. */
export function addDiffCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("diff")
    .summary("show what changes for traffic between two commits")
    .description(
      "Compares what two states of a config come to: objects, then routes (host, match, destination, " +
        "policies), then Envoy resources. Secret values are never shown. Revisions are those of Git; " +
        '"live" is the commit that a control plane serves; A...B compares B with where it left A.',
    )
    .argument("[a]", "a revision, A..B, A...B, or live (default: HEAD)")
    .argument("[b]", "a revision, or live (default: the files on disk)")
    .option("--repository <folder>", "a repository on this machine", ".")
    .option("--path <folder>", "the folder of it that holds the config")
    .addOption(new Option("--only <section...>", "only these").choices([...diffSections]))
    .addOption(
      new Option("--format <format>", "for people, for programs, or as a comment")
        .choices(["text", "json", "markdown"])
        .default("text"),
    )
    .option("--json", "the same as --format json")
    .addOption(
      new Option(
        "--exit-code <mode>",
        "what to end with: 0 whether there is a difference or not; 1 for one, as diff does; 2 for one " +
          "and 1 for a failure, as terraform does",
      )
        .choices(["never", "diff1", "diff2"])
        .default("never"),
    )
    .option("--secrets-dir <folder>", "secrets that the config refers to; else taken to be there")
    .option(
      "--age-key-file <file>",
      "identities that open encrypted secrets (or SOPS_AGE_KEY_FILE)",
    )
    .option("--plugin <package...>", "npm packages with plugins")
    .addOption(
      new Option("--server <url>", "where `gloo serve` answers, for live").default(
        "http://127.0.0.1:8090",
      ),
    )
    .option("--environment <name>", "the environment that is live, where the server serves several")
    .option("--token-file <file>", "file with the token that the server asks for off loopback")
    .option("--ca-file <file>", "PEM file with CAs to trust besides the well-known ones")
    .action(async (a: string | undefined, b: string | undefined, options: Options) => {
      const revisions = [a, b].filter((one) => one !== undefined);
      finish(await runInMode(revisions, options, io));
    });
  addHelp(
    command,
    [
      { command: "gloo diff", what: "What the edits in this folder would change" },
      { command: "gloo diff live HEAD", what: "What is committed, and not live yet" },
      {
        command: "gloo diff origin/main...HEAD --format markdown",
        what: "What a branch changes, as the comment of a pull request",
      },
      {
        command: "gloo diff HEAD~1 HEAD --only routes",
        what: "What the last commit did to routes",
      },
    ],
    {
      0: "the comparison was made (with --exit-code: and there is no difference)",
      1: "the later side has errors and would not go live; with --exit-code diff1, or a difference",
      2: "the comparison could not be made; with --exit-code diff2, 1 for that and 2 for a difference",
    },
  );
}

async function runInMode(
  revisions: readonly string[],
  options: Options,
  io: Io,
): Promise<ExitCode> {
  const { hasChanges } = await import("../diff/diff-report.js");
  let report: DiffReport;
  try {
    report = await run(revisions, options, io);
  } catch (cause) {
    if (options.exitCode !== "diff2") throw cause;
    reportFailure(cause, io);
    return ExitCode.Invalid; // the only command, and the only mode, where this is what 1 means
  }
  if (options.exitCode === "diff2") return hasChanges(report) ? ExitCode.Failed : ExitCode.Ok;
  if (report.changes === undefined) return ExitCode.Invalid;
  return options.exitCode === "diff1" && hasChanges(report) ? ExitCode.Invalid : ExitCode.Ok;
}

async function run(revisions: readonly string[], options: Options, io: Io): Promise<DiffReport> {
  const { sidesOf } = await import("../diff/sides.js");
  const { buildSides } = await import("../diff/read-sides.js");
  const { compareBuilds } = await import("../../changes/compare-builds.js");
  const { formatDiffJson, onlySections } = await import("../diff/diff-report.js");
  const sides = await sidesOf(revisions, { repository: options.repository, admin: options }, io);
  const [before, after] = await buildSides(sides, options, io);
  if (hasErrors(before.diagnostics)) {
    io.stderr(`gloo: ${before.label} has errors itself; what is broken in it counts as missing\n`);
  }
  const isBroken = hasErrors(after.diagnostics);
  const report: DiffReport = {
    before: before.label,
    after: after.label,
    changes: isBroken
      ? undefined
      : onlySections(compareBuilds(before, after), options.only ?? diffSections),
    diagnostics: after.diagnostics,
  };
  const format = options.json === true ? "json" : options.format;
  if (format === "json") io.stdout(formatDiffJson(report));
  else if (format === "markdown") {
    const { formatDiffMarkdown } = await import("../diff/format-diff-markdown.js");
    io.stdout(formatDiffMarkdown(report));
  } else {
    const { formatDiffText } = await import("../diff/format-diff-text.js");
    io.stdout(formatDiffText(report, io.style));
  }
  return report;
}
