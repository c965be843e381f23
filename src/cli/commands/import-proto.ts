import { resolve } from "node:path";
import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import { parseHostPort, type HostPort } from "../host-port.js";
import type { ReadProtos } from "../import/proto/read-protos.js";
import { CommandError, ExitCode, type Io } from "../io.js";

interface Options {
  readonly host: HostPort;
  readonly name?: string;
  readonly protoPath?: readonly string[];
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `gloo import proto`: an upstream with a function for every method of gRPC services. */
export function addImportProtoCommand(parent: Command, { io, finish }: CommandContext): void {
  const command = parent
    .command("proto")
    .summary("gRPC functions from .proto files or a descriptor set")
    .description(
      "Makes an upstream with a function for every method of the services in .proto files, or in a " +
        "descriptor set of protoc. Prints it, or writes it into a config folder together with the " +
        "files that describe the services, and all that these import.",
    )
    .argument("<file...>", ".proto files, or one descriptor set (protoc --include_imports)")
    .requiredOption("--host <address:port>", "where the services are served", parseHostPort)
    .option("--out <folder>", "write upstreams/NAME.yaml and files/… below this folder")
    .option("--name <name>", "name of the upstream (default: that of the first service)")
    .option("-I, --proto-path <folder...>", "where imports start (default: the working folder)")
    .option("--force", "replace files of other content in files/")
    .option("--json", "print what was made as JSON")
    .action(async (paths: readonly string[], options: Options) => {
      finish(await run(paths, options, io));
    });
  addHelp(
    command,
    [
      {
        command: "gloo import proto bookstore.proto --host 10.0.0.7:50051",
        what: "Print what it comes to",
      },
      {
        command: "gloo import proto -I protos protos/store/v1/*.proto --host store:50051 --out .",
        what: "Write it, with the files and what they import, into the config of this folder",
      },
      {
        command: "gloo import proto store.pb --name store --host store:50051 --out . && gloo check",
        what: "Take a descriptor set, and check the config with it",
      },
    ],
    {
      0: "the upstream was made",
      1: "a file has mistakes; nothing was written",
      2: "a file could not be read or written",
    },
  );
}

async function run(paths: readonly string[], options: Options, io: Io): Promise<ExitCode> {
  const { readProtos, formatProtoError } = await import("../import/proto/read-protos.js");
  const { ProtoError } = await import("../../protos/proto-error.js");
  const { upstreamNameOf } = await import("../import/openapi/format-upstream.js");
  const roots = options.protoPath ?? [];
  const indexName = options.name ?? upstreamNameOf(lastPart(paths[0] ?? "")) ?? "services";
  let read: ReadProtos;
  try {
    read = readProtos({ cwd: io.cwd, paths, roots, indexName });
  } catch (cause) {
    if (!(cause instanceof ProtoError)) throw cause;
    io.stderr(formatProtoError(cause));
    return ExitCode.Invalid;
  }
  const name = options.name ?? upstreamNameOf(read.services[0]?.name ?? "");
  if (name === undefined || read.services.length === 0) {
    io.stderr("there is no service in what was given\n");
    return ExitCode.Invalid;
  }
  if (upstreamNameOf(name) !== name) {
    throw new CommandError(`--name "${name}" is no name: lower-case letters, digits and "-" are`);
  }
  await deliver(name, read, { paths, options, io });
  return ExitCode.Ok;
}

async function deliver(
  name: string,
  { services, files, main }: ReadProtos,
  { paths, options, io }: { paths: readonly string[]; options: Options; io: Io },
): Promise<void> {
  const { formatUpstream, importedMark, makeUpstream } =
    await import("../import/proto/make-upstream.js");
  const { upstream, skipped } = makeUpstream({ name, host: options.host }, services, main);
  for (const method of skipped) {
    io.stderr(`left out: ${method} takes a stream of messages, which no function does\n`);
  }
  const text = formatUpstream(upstream, paths);
  const document = { upstream, files: [...files.keys()].map((file) => `files/${file}`), skipped };
  if (options.out === undefined) {
    if (options.json === true) {
      io.stdout(`${JSON.stringify(document, undefined, 2)}\n`);
      return;
    }
    io.stdout(text);
    io.stderr(`to add beside it: ${[...files.keys()].map((file) => `files/${file}`).join(", ")}\n`);
    return;
  }
  const folder = resolve(io.cwd, options.out);
  const { writeImported } = await import("../import/openapi/write-imported.js");
  const { writeFiles } = await import("../import/proto/write-files.js");
  await writeFiles(resolve(folder, "files"), files, options.force === true);
  const file = `upstreams/${name}.yaml`;
  await writeImported(resolve(folder, file), text, importedMark);
  if (options.json === true) {
    io.stdout(`${JSON.stringify({ ...document, written: file }, undefined, 2)}\n`);
    return;
  }
  const count = upstream.functions?.length ?? 0;
  io.stdout(`${file}: ${count} function${count === 1 ? "" : "s"}\n`);
  for (const written of files.keys()) io.stdout(`files/${written}\n`);
}

/** `bookstore` of `protos/bookstore.proto`. */
function lastPart(path: string): string {
  return (path.split("/").at(-1) ?? "").replace(/\.[^.]*$/, "");
}
