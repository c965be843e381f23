import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import type { DiskFile } from "../fmt/find-files.js";
import type { FormattedFile } from "../fmt/format-files.js";
import { CommandError, ExitCode, withProgress, type Io } from "../io.js";

interface Options {
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly canonical?: boolean;
  readonly stdinPath: string;
  readonly json?: boolean;
}

/** `gloo fmt`: one form for config files. */
export function addFmtCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("fmt")
    .summary("format config files, and keep their comments")
    .description(
      "Writes config files in one form: keys in the order of their schemas, two blanks a level, quotes only " +
        "where they are needed, and always for what readers of YAML 1.1 would misread. Comments stay, and so " +
        "does what a file says: the result is read again before it is written. What is no config, or ignored " +
        "by Git or gloo.yaml, is left alone.",
    )
    .argument("[paths...]", "files and folders; - reads stdin and writes stdout", ["."])
    .option("--check", "change nothing; end with 1 if something would change")
    .option("--diff", "change nothing; print what would change")
    .option("--canonical", "give keys the language's own spellings, instead of those of 2018")
    .option(
      "--stdin-path <path>",
      "where the text of stdin lies, which says what it is",
      "upstreams/stdin.yaml",
    )
    .option("--json", "print what became of each file as JSON")
    .action(async (paths: readonly string[], options: Options) => {
      finish(await run(paths, options, io));
    });
  addHelp(
    command,
    [
      { command: "gloo fmt", what: "Every config file in this folder" },
      { command: "gloo fmt --check --diff", what: "In CI: say what is not in form" },
      { command: "gloo fmt upstreams/pets.yaml", what: "One file" },
      {
        command: "gloo fmt --stdin-path virtualservices/web.yaml - < web.yaml",
        what: "For an editor",
      },
    ],
    {
      0: "all files are in form (now, or with --check: already)",
      1: "a file cannot be read, and is as it was; with --check or --diff, something would change",
      2: "a path leads nowhere, or a file cannot be written",
    },
  );
}

async function run(paths: readonly string[], options: Options, io: Io): Promise<ExitCode> {
  const { createFormatter } = await import("../../edit/format-file.js");
  const { formatOne } = await import("../fmt/format-files.js");
  const { builtinLanguage } = await import("../../app/builtin-language.js");
  const format = createFormatter(builtinLanguage());
  const isStdin = paths.includes("-");
  if (isStdin && paths.length > 1) throw new CommandError("- stands alone: it is all of stdin");
  const files = isStdin ? [await stdinFile(options, io)] : await readFiles(paths, io);
  const results = files.map((file) =>
    formatOne(format, file, { canonical: options.canonical === true }),
  );
  const changed = results.filter(({ before, after }) => after !== undefined && after !== before);
  const broken = results.filter(({ after }) => after === undefined);
  await reportBroken(broken, io);
  const isDry = options.check === true || options.diff === true;
  if (options.diff === true && options.json !== true) await printDiffs(changed, io);
  if (isStdin && !isDry) io.stdout(results[0]?.after ?? results[0]?.before ?? "");
  else if (!isDry) await write(changed, io);
  if (!isStdin || isDry) report(results, changed, options, isDry, io);
  return broken.length > 0 || (isDry && changed.length > 0) ? ExitCode.Invalid : ExitCode.Ok;
}

async function readFiles(paths: readonly string[], io: Io): Promise<readonly DiskFile[]> {
  const { findFiles } = await import("../fmt/find-files.js");
  return withProgress(io, "reading files", () => findFiles(paths, io));
}

async function stdinFile({ stdinPath }: Options, io: Io): Promise<DiskFile> {
  const { scopeOfPath } = await import("../../edit/file-objects.js");
  const scope = scopeOfPath(stdinPath, "");
  return { shown: stdinPath, path: stdinPath, bytes: await io.stdin(), scope };
}

async function reportBroken(broken: readonly FormattedFile[], io: Io): Promise<void> {
  const { formatDiagnosticsText } = await import("../../diagnostics/format-text.js");
  for (const { diagnostics, reason } of broken) {
    io.stderr(diagnostics.length > 0 ? formatDiagnosticsText(diagnostics) : `gloo: ${reason}\n`);
  }
}

async function printDiffs(changed: readonly FormattedFile[], io: Io): Promise<void> {
  const { unifiedDiff } = await import("../fmt/unified-diff.js");
  for (const { file, before, after = "" } of changed) {
    io.stdout(colored(unifiedDiff(file.shown, before, after), io));
  }
}

function colored(diff: string, { style }: Io): string {
  if (!style.isColorSupported) return diff;
  return diff
    .replace(/^(?:---|\+\+\+) .*$/gm, (line) => style.bold(line))
    .replace(/^-.*$/gm, (line) => style.red(line))
    .replace(/^\+.*$/gm, (line) => style.green(line))
    .replace(/^@@.*$/gm, (line) => style.cyan(line));
}

async function write(changed: readonly FormattedFile[], io: Io): Promise<void> {
  const { default: writeFileAtomic } = await import("write-file-atomic");
  for (const { file, after = "" } of changed) {
    io.signal.throwIfAborted();
    await writeFileAtomic(file.path, after);
  }
}

function report(
  results: readonly FormattedFile[],
  changed: readonly FormattedFile[],
  options: Options,
  isDry: boolean,
  io: Io,
): void {
  if (options.json === true) {
    const files = results.map(({ file, after, before, diagnostics, reason }) => ({
      path: file.shown,
      state: after === undefined ? "unreadable" : after === before ? "unchanged" : "changed",
      ...(after === undefined ? { reason, diagnostics } : {}),
    }));
    io.stdout(`${JSON.stringify({ written: !isDry, files }, undefined, 2)}\n`);
    return;
  }
  if (options.diff !== true) for (const { file } of changed) io.stdout(`${file.shown}\n`);
  const count = `${results.length} file${results.length === 1 ? "" : "s"}`;
  const verb = isDry ? "would change" : "changed";
  io.stderr(`${count}, ${changed.length} ${verb}\n`);
}
