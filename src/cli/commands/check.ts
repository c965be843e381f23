import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { hasErrors, sortDiagnostics, type Diagnostic } from "../../diagnostics/diagnostic.js";
import { countSeverities } from "../../diagnostics/format-text.js";
import { subtractKnown } from "../../diagnostics/subtract-known.js";
import { addHelp, type CommandContext } from "../add-command.js";
import type { BesideOptions } from "../check/beside.js";
import type { BuiltConfig } from "../check/build-config.js";
import { checkFormats, isDocument, type CheckFormat } from "../check/check-formats.js";
import type { CheckReport } from "../check/check-report.js";
import type { ConfigTarget } from "../check/config-tree.js";
import { CommandError, createStyle, ExitCode, withProgress, type Io } from "../io.js";
import { addConfigOptions, configTargetOf, type ConfigOptions } from "./config-options.js";

interface Options extends ConfigOptions, BesideOptions {
  readonly format: CheckFormat;
  readonly json?: boolean;
  readonly output?: string;
  readonly strict?: boolean;
  readonly base?: string;
  /** True: since HEAD. */
  readonly changed?: string | true;
  /** Undefined: if there is one on this machine. */
  readonly envoy?: boolean;
}

/** `gloo check`: says what is wrong with a config, before anybody commits it. */
export function addCheckCommand(program: Command, { io, finish }: CommandContext): void {
  const command = addConfigOptions(program.command("check"))
    .summary("say what is wrong with a config")
    .description(
      "Checks a config as the control plane checks every commit: schemas, names, references, the " +
        "repository's own policies and Envoy's rules. A folder is checked as it is on disk: with edits that " +
        "are not committed, without files that Git ignores. Changes nothing.",
    )
    .addOption(
      new Option(
        "--format <format>",
        "for people (human), for programs (json), as annotations of GitHub Actions (github), as Code " +
          "Quality of GitLab (gitlab), for code scanning (sarif) or for CI servers (junit)",
      )
        .choices([...checkFormats])
        .default("human"),
    )
    .option("--json", "the same as --format json")
    .option("--output <file>", "write that to a file, and what people read to stdout")
    .option("--strict", "fail on warnings too")
    .option(
      "--base <rev>",
      "report only what is new since the newest commit in common with a branch or commit",
    )
    .option(
      "--changed [rev]",
      "look only at files on disk that differ from a commit (default: HEAD; with a branch, from the " +
        "newest commit in common), and at those that refer to what is in them",
    )
    .option("--beside <where>", "check it as a part: together with this first repository")
    .option("--as <name>", "what it is called beside that")
    .option(
      "--repositories-file <file>",
      "the file of the control plane that says what it may declare",
    )
    .option("--envoy", "let a real Envoy judge it as well, and fetch Envoy if there is none")
    .option(
      "--no-envoy",
      "do not ask Envoy (default: ask it if it is on this machine; with --changed: do not)",
    )
    .action(async (where: string, options: Options) => {
      const format = options.json === true ? "json" : options.format;
      const checked = await check(where, options, io);
      await print(checked, { ...options, format }, io);
      finish(checked.report.ok ? ExitCode.Ok : ExitCode.Invalid);
    });
  addHelp(command, examples, {
    0: "the config may go live; with --base: the change adds no errors",
    1: "it has errors (or, with --strict, warnings); with --base: errors that the base has not",
    2: "it could not be checked",
  }).addHelpText("after", notesHelp);
}

const examples = [
  { command: "gloo check", what: "The config in this folder, as it is on disk" },
  { command: "gloo check . --path env/prod --strict", what: "One folder of it; warnings fail" },
  { command: "gloo check . --ref HEAD", what: "What is committed, whatever was edited since" },
  {
    command: "gloo check https://git.example.com/platform/gateway.git --ref feature",
    what: "A branch of a repository elsewhere",
  },
  { command: "gloo check --base origin/main", what: "What a branch brings, and nothing older" },
  { command: "gloo check --changed", what: "What was edited since the last commit, at once" },
  {
    command: "gloo check --beside https://git.example.com/platform/gateway.git --as shop",
    what: "One of several repositories, with what the first one shares",
  },
  { command: "gloo check --format github", what: "Annotate a pull request in GitHub Actions" },
  {
    command: "gloo check --format gitlab --output gl-code-quality-report.json",
    what: "A report for merge requests of GitLab, and a log for people",
  },
] as const;

const notesHelp = `
With --base, mistakes that were there before are counted but not shown, and do not fail the check; as
long as there are any, no commit goes live.

With --changed, other files are searched for names, not read, and the assertions of tests/ do not run.
What is wrong with other files is not seen, nor what only the whole shows, such as files of one folder
whose names differ in upper and lower case. Where a role, an attribute or gloo.yaml changed, and where
very much did, everything is checked.`;

/** What is printed of a check. */
interface Checked {
  readonly report: CheckReport;
  /** The paths of the files that were looked at. */
  readonly files: readonly string[];
}

async function check(where: string, options: Options, io: Io): Promise<Checked> {
  if (options.changed !== undefined && options.base !== undefined) {
    throw new CommandError("--base and --changed exclude each other");
  }
  if (options.beside !== undefined && (options.base ?? options.changed) !== undefined) {
    throw new CommandError("--beside looks at everything, without --base and --changed");
  }
  const target = await configTargetOf(where, options, io);
  if (options.changed !== undefined) {
    const since = options.changed === true ? "HEAD" : options.changed;
    const checked = await checkChanged(since, target, options, io);
    if (checked !== undefined) return checked;
  }
  return checkWhole(target, options, io);
}

async function checkWhole(target: ConfigTarget, options: Options, io: Io): Promise<Checked> {
  // Envoy is looked for while the config is read and built.
  const locating = options.envoy === false ? Promise.resolve(undefined) : locateEnvoyFor(io);
  locating.catch(() => undefined); // awaited below, if Envoy is to be asked at all
  const built = await buildWhole(target, options, io);
  const envoyPath = hasErrors(built.diagnostics)
    ? undefined
    : ((await locating) ?? (options.envoy === true ? await fetchEnvoy(io) : undefined));
  const refused = envoyPath === undefined ? [] : await judge(envoyPath, built, io);
  const all = sortDiagnostics([...built.diagnostics, ...refused]);
  const { diagnostics, base } = await withoutBase(all, envoyPath, { target, built, options }, io);
  return checkedOf(built, options, {
    diagnostics,
    ...(base && { base }),
    envoy: envoyPath === undefined ? "not-asked" : refused.length > 0 ? "refused" : "accepted",
  });
}

async function buildWhole(target: ConfigTarget, options: Options, io: Io): Promise<BuiltConfig> {
  const { buildConfig, buildTree } = await import("../check/build-config.js");
  const { beside, as, repositoriesFile } = options;
  if ((beside ?? as ?? repositoriesFile) === undefined) return buildConfig(target, options, io);
  const { composedConfigOf } = await import("../check/beside.js");
  const { tree, confinements } = composedConfigOf(target, options, io);
  return buildTree(tree, { ...options, confinements }, io);
}

/** Undefined: everything is to be looked at. */
async function checkChanged(
  since: string,
  target: ConfigTarget,
  options: Options,
  io: Io,
): Promise<Checked | undefined> {
  const { buildChanged } = await import("../check/changed-config.js");
  const found = await buildChanged(since, target, options, io);
  if ("whole" in found) {
    io.stderr(`gloo: everything is checked: ${found.whole}\n`);
    return undefined;
  }
  const { built, changed: files, dependents } = found;
  const changed = { since, files, dependents };
  const isAsked = options.envoy === true && !hasErrors(built.diagnostics);
  const envoyPath = isAsked ? ((await locateEnvoyFor(io)) ?? (await fetchEnvoy(io))) : undefined;
  const refused = envoyPath === undefined ? [] : await judge(envoyPath, built, io);
  return checkedOf(built, options, {
    diagnostics: sortDiagnostics([...built.diagnostics, ...refused]),
    changed,
    envoy: envoyPath === undefined ? "not-asked" : refused.length > 0 ? "refused" : "accepted",
  });
}

async function checkedOf(
  { commit, files, uncheckedSecrets, sealedSecrets, source }: BuiltConfig,
  { strict = false }: Options,
  found: Pick<CheckReport, "diagnostics" | "base" | "changed" | "envoy">,
): Promise<Checked> {
  const { listFiles } = await import("../check/list-files.js");
  const { diagnostics } = found;
  const ok = !(strict ? diagnostics.length > 0 : hasErrors(diagnostics));
  const { placeOf = (path: string) => source.prefix + path } = source;
  const paths = listFiles(source.tree.root).map(placeOf);
  return { report: { ok, commit, files, uncheckedSecrets, sealedSecrets, ...found }, files: paths };
}

/** With `--base`: the diagnostics that it does not have, and how many it has. */
async function withoutBase(
  all: readonly Diagnostic[],
  envoyPath: string | undefined,
  {
    target,
    built,
    options,
  }: {
    readonly target: ConfigTarget;
    readonly built: BuiltConfig;
    readonly options: Options;
  },
  io: Io,
): Promise<Pick<CheckReport, "diagnostics" | "base">> {
  if (options.base === undefined) return { diagnostics: all };
  const { buildBase, findBase } = await import("../check/base-diagnostics.js");
  const base = await findBase(options.base, target, io);
  if (all.length === 0) return { diagnostics: all, base: { ...base, errors: 0, warnings: 0 } };
  const isRefused = all.some(({ code }) => code === "envoy/refused");
  const before = await buildBase(base, target, built, options, {
    ...io,
    stderr: () => undefined, // of secrets, which are the same, all was said before
  });
  const judged =
    isRefused && envoyPath !== undefined && !hasErrors(before.diagnostics)
      ? await judge(envoyPath, before, io)
      : [];
  const { fresh, known } = subtractKnown(all, [...before.diagnostics, ...judged]);
  return { diagnostics: fresh, base: { ...base, ...countSeverities(known) } };
}

/** The document to stdout or into a file; what people read beside it. */
async function print({ report, files }: Checked, options: Options, io: Io): Promise<void> {
  const { formatCheck } = await import("../check/check-formats.js");
  const { formatCheckText, formatConclusion } = await import("../check/check-report.js");
  const { format, output, strict = false } = options;
  const plain = createStyle(false);
  const style = output === undefined ? io.style : plain;
  const text = await formatCheck(report, format, { style, files, strict });
  if (output === undefined) {
    io.stdout(text);
    if (isDocument(format) && format !== "json") io.stderr(formatConclusion(report, plain));
    return;
  }
  try {
    await writeFile(resolve(io.cwd, output), text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`the report could not be written: ${reason}`, { cause });
  }
  io.stdout(formatCheckText(report, io.style));
}

async function locateEnvoyFor(io: Io): Promise<string | undefined> {
  const { locateEnvoy } = await import("../../envoy-binary/locate-envoy.js");
  return (await locateEnvoy(io.env, io.signal))?.path;
}

async function fetchEnvoy(io: Io): Promise<string> {
  const { ensureEnvoy } = await import("../../envoy-binary/ensure-envoy.js");
  return withProgress(io, "fetching Envoy", (progress) =>
    ensureEnvoy({ env: io.env, report: (line) => progress.update(line), signal: io.signal }),
  );
}

async function judge(
  envoyPath: string,
  built: BuiltConfig,
  io: Io,
): Promise<readonly Diagnostic[]> {
  const { askEnvoy } = await import("../check/ask-envoy.js");
  const { placeIn } = await import("../check/place-under.js");
  const refused = await withProgress(io, "asking Envoy", () =>
    askEnvoy(envoyPath, built, io.signal),
  );
  return placeIn(built.source, refused);
}
