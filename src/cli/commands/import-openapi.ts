import { resolve } from "node:path";
import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import type { ImportResult } from "../import/openapi/import-api.js";
import { CommandError, ExitCode, withProgress, type Io } from "../io.js";

interface Options {
  readonly name?: string;
  readonly server?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly allowRemoteRefs?: boolean;
  readonly refRoot?: string;
}

/** `gloo import openapi`: an upstream with a function for every operation of an API. */
export function addImportOpenapiCommand(parent: Command, { io, finish }: CommandContext): void {
  const command = parent
    .command("openapi")
    .summary("REST functions from an OpenAPI or Swagger document")
    .description(
      "Makes an upstream with a REST function for every operation of a Swagger 2.0, OpenAPI 3.0 or " +
        "3.1 document, JSON or YAML. Prints it, or writes it into a config folder. What the document " +
        "says and a function cannot do is listed on stderr, with its place.",
    )
    .argument("<where>", "a file, or an http(s) URL")
    .option("--out <folder>", "write upstreams/NAME.yaml below this folder; print nothing else")
    .option("--name <name>", "name of the upstream (default: the title of the API)")
    .option("--server <url>", "where the API is served, instead of where the document says")
    .option(
      "--ref-root <folder>",
      "references may lead to files in it (default: the document's own)",
    )
    .option("--allow-remote-refs", "follow references to http(s) URLs")
    .option("--json", "print what was made, and the problems, as JSON")
    .action(async (where: string, options: Options) => {
      const result = await run(where, options, io);
      const { formatProblems } = await import("../import/openapi/problems.js");
      if (options.json !== true) io.stderr(formatProblems(result.problems));
      io.stdout(await deliver(result, options, io));
      finish(result.made === undefined ? ExitCode.Invalid : ExitCode.Ok);
    });
  addHelp(
    command,
    [
      { command: "gloo import openapi petstore.yaml", what: "Print what it comes to" },
      {
        command: "gloo import openapi petstore.yaml --out . && gloo check",
        what: "Write upstreams/petstore.yaml in the config of this folder, and check it",
      },
      {
        command:
          "gloo import openapi https://api.example.com/openapi.json --name pets --server http://10.0.0.7:8080/v2",
        what: "An API elsewhere, served where the document does not know of",
      },
      {
        command: "gloo import openapi apis/pets/openapi.yaml --ref-root apis",
        what: "A document with references to files in folders beside its own",
      },
    ],
    {
      0: "the upstream was made; there may be warnings",
      1: "the document has errors; nothing was written",
      2: "the document could not be read, or the file not be written",
    },
  );
}

async function run(where: string, options: Options, io: Io): Promise<ImportResult> {
  const { importApi } = await import("../import/openapi/import-api.js");
  const { createLoader } = await import("../import/openapi/load-document.js");
  const { serverOfUrl } = await import("../import/openapi/servers.js");
  const { name, server: url, refRoot, allowRemoteRefs: remoteRefs = false } = options;
  const server = url === undefined ? undefined : serverOfUrl(url);
  if (url !== undefined && server === undefined) {
    throw new CommandError(`--server "${url}" is no http(s) URL`);
  }
  if (name !== undefined && !/^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/.test(name)) {
    throw new CommandError(
      `--name "${name}" is no name: lower-case letters, digits, "-" and "." are`,
    );
  }
  const loader = createLoader({ remoteRefs, ...(refRoot === undefined ? {} : { refRoot }) }, io);
  const wanted = {
    ...(name === undefined ? {} : { name }),
    ...(server === undefined ? {} : { server }),
  };
  return withProgress(io, `reading ${where}`, () => importApi(where, wanted, loader));
}

/** Writes the file, if it has a place, and gives what is to be printed. */
async function deliver(
  { made, problems }: ImportResult,
  { out, json }: Options,
  io: Io,
): Promise<string> {
  const file = made && out !== undefined ? `upstreams/${made.upstream.name}.yaml` : undefined;
  if (made !== undefined && out !== undefined && file !== undefined) {
    const { writeImported } = await import("../import/openapi/write-imported.js");
    const { importedMark } = await import("../import/openapi/format-upstream.js");
    await writeImported(resolve(io.cwd, out, file), made.text, importedMark);
  }
  if (json === true) {
    const head = { ok: made !== undefined, file: file ?? null };
    const document = { ...head, upstream: made?.upstream ?? null, problems };
    return `${JSON.stringify(document, undefined, 2)}\n`;
  }
  if (made === undefined) return "";
  if (file === undefined) return made.text;
  const count = made.upstream.functions?.length ?? 0;
  return `${file}: ${count} function${count === 1 ? "" : "s"}\n`;
}
