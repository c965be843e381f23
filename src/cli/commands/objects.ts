import { Option, type Command } from "commander";
import type { Kind } from "../../model/resource.js";
import { addHelp, type CommandContext } from "../add-command.js";
import { CommandError, ExitCode, type Io } from "../io.js";
import { objectKinds, type ObjectKind } from "../objects/object-kinds.js";
import type { OutputForm } from "../objects/print-objects.js";
import {
  addObjectWriteOptions,
  addRepositoryOptions,
  readExitCodes,
  writeExitCodes,
  type ObjectWriteOptions,
  type RepositoryOptions,
} from "./repository-options.js";

/** Options of `get`. */
interface GetOptions extends RepositoryOptions {
  readonly output: OutputForm;
  readonly json?: boolean;
  readonly server?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
}

interface CreateOptions extends ObjectWriteOptions {
  readonly file?: string;
  readonly into?: string;
  readonly interactive?: boolean;
}

interface DeleteOptions extends ObjectWriteOptions {
  readonly force?: boolean;
  readonly yes?: boolean;
}

/** `gloo upstream`: upstreams of a config repository. */
export const addUpstreamCommand = adderOf("Upstream");
/** `gloo virtualservice`: virtual services of a config repository. */
export const addVirtualServiceCommand = adderOf("VirtualService");
/** `gloo role`: roles of a config repository. */
export const addRoleCommand = adderOf("Role");
/** `gloo attribute`: attributes of a config repository. */
export const addAttributeCommand = adderOf("Attribute");

function adderOf(kind: Kind) {
  return (program: Command, context: CommandContext): void =>
    addObjectCommand(program, objectKinds[kind], context);
}

/** Kinds that can be made by answering questions. */
const asked: ReadonlySet<Kind> = new Set(["Upstream", "VirtualService"]);

function addObjectCommand(program: Command, of: ObjectKind, context: CommandContext): void {
  const { command: word, plural } = of;
  const command = program
    .command(word)
    .summary(`get, create, update, delete and edit ${plural} in Git`)
    .description(
      `Reads and writes ${plural} of a config repository: what is committed on its branch. Every write is ` +
        "one commit, checked before it is made, and pushed if the repository is behind a URL. Comments and " +
        "the order of keys in files stay as they are.",
    )
    .helpCommand(false);
  addGet(command, of, context);
  addCreate(command, of, context);
  addUpdate(command, of, context);
  addDelete(command, of, context);
  addEdit(command, of, context);
  addHelp(
    command,
    [
      { command: `gloo ${word} get`, what: `The ${plural} on the branch that is checked out` },
      { command: `gloo ${word} create -f new.yaml`, what: "Commit a new one" },
      { command: `gloo ${word} edit NAME`, what: "Change one in an editor" },
    ],
    writeExitCodes,
  );
}

function addGet(parent: Command, of: ObjectKind, { io, finish }: CommandContext): void {
  const { command: word, plural, kind } = of;
  const command = parent
    .command("get")
    .summary(`print ${plural}`)
    .description(
      `Prints ${plural} as they are committed, in canonical form, whatever form their files have.`,
    )
    .argument("[name]", "one of them (default: all)")
    .addOption(
      new Option("-o, --output <form>", "how it is printed")
        .choices(["table", "yaml", "json"])
        .default("table"),
    )
    .option("--json", "the same as -o json");
  if (kind === "Upstream" || kind === "VirtualService") {
    command
      .option("--server <url>", "a `gloo serve` to ask for their status")
      .option("--token-file <file>", "file with the token that the server asks for off loopback")
      .option("--ca-file <file>", "PEM file with CAs to trust for --server");
  }
  addRepositoryOptions(command).action(async (name: string | undefined, options: GetOptions) =>
    finish(await get(of, name, options, io)),
  );
  addHelp(
    command,
    [
      { command: `gloo ${word} get`, what: "All of them" },
      { command: `gloo ${word} get NAME -o yaml`, what: "One, as it can be given to update" },
      {
        command: `gloo ${word} get --repository https://git.example.com/edge/config.git --json`,
        what: "From anywhere, for a program",
      },
    ],
    readExitCodes,
  );
}

async function get(
  of: ObjectKind,
  name: string | undefined,
  options: GetOptions,
  io: Io,
): Promise<ExitCode> {
  const { withConfig } = await import("../objects/open-config.js");
  const { formatObject, formatObjects } = await import("../objects/print-objects.js");
  const form = options.json === true ? "json" : options.output;
  return withConfig(options, io, "read", async ({ client }) => {
    const objects = of.collection(client);
    const { server } = options;
    const status =
      server === undefined || form !== "table"
        ? undefined
        : await (
            await import("../objects/read-status.js")
          ).readStatus({ ...options, server }, of.kind, io);
    const { signal } = io;
    io.stdout(
      name === undefined
        ? formatObjects(await objects.list({ signal }), of, form, io, status)
        : formatObject(await objects.get(name, { signal }), of, form, io, status),
    );
    return ExitCode.Ok;
  });
}

function addCreate(parent: Command, of: ObjectKind, { io, finish }: CommandContext): void {
  const { command: word, plural, kind } = of;
  const command = parent
    .command("create")
    .summary(`commit new ${plural}`)
    .description(
      `Commits the ${plural} of a file: YAML of any number of documents or JSON, as the repository's own ` +
        `files have it, in both dialects of 2018 or the form of Kubernetes.`,
    )
    .option("-f, --file <file>", "the file; - is what comes in by stdin")
    .option(
      "--into <path>",
      "the file of the repository that takes them, below --path (default: one for each, named after it)",
    );
  if (asked.has(kind)) command.option("-i, --interactive", "ask for everything, on a terminal");
  addObjectWriteOptions(command).action(async (options: CreateOptions) =>
    finish(await create(of, options, io)),
  );
  addHelp(
    command,
    [
      { command: `gloo ${word} create -f new.yaml`, what: "Commit what a file holds" },
      {
        command: `gloo ${word} create -f - --branch add-it --remote`,
        what: "Propose what comes in on a branch of its own",
      },
      ...(asked.has(kind)
        ? [{ command: `gloo ${word} create --interactive`, what: "Answer questions" }]
        : []),
    ],
    writeExitCodes,
  );
}

async function create(of: ObjectKind, options: CreateOptions, io: Io): Promise<ExitCode> {
  const { kind } = of;
  const { withConfig } = await import("../objects/open-config.js");
  const { makeCommit } = await import("../objects/make-commit.js");
  const { nameOfRef } = await import("../objects/object-kinds.js");
  return withConfig(options, io, "write", async (config) => {
    const given = await objectsToCreate(of, options, config.client, io);
    const writes = given.map((value) => {
      return { op: "create", kind, value, path: options.into } as const;
    });
    const deeds = given.map(({ name }) => {
      const at = { kind, name: String(name) };
      return { action: "created", what: nameOfRef(at), at } as const;
    });
    return makeCommit(config, { writes, deeds }, options, io);
  });
}

async function objectsToCreate(
  { kind, command }: ObjectKind,
  options: CreateOptions,
  client: Parameters<ObjectKind["collection"]>[0],
  io: Io,
) {
  if (options.interactive === true) {
    const { createQuestions } = await import("../objects/ask/questions.js");
    const questions = createQuestions(io, `give -f FILE, such as \`gloo ${command} create -f -\``);
    if (kind === "Upstream") {
      const { askUpstream } = await import("../objects/ask/ask-upstream.js");
      return [await askUpstream(questions, client, io.signal)];
    }
    const { askVirtualService } = await import("../objects/ask/ask-virtual-service.js");
    return [await askVirtualService(questions, client, io.signal)];
  }
  const { readGivenText, readObjects } = await import("../objects/read-objects.js");
  const text = await readGivenText(fileOf(options, asked.has(kind)), io);
  return (await readObjects(text, kind)).map(({ plain }) => plain);
}

function fileOf({ file }: { readonly file?: string }, isAsked = false): string {
  if (file !== undefined) return file;
  throw new CommandError(`give -f FILE, or -f - for stdin${isAsked ? ", or --interactive" : ""}`);
}

function addUpdate(parent: Command, of: ObjectKind, { io, finish }: CommandContext): void {
  const { command: word, plural } = of;
  const command = parent
    .command("update")
    .summary(`make ${plural} say what a file says`)
    .description(
      `Makes ${plural} that exist say what a file says. What they say already stays as it is written. One ` +
        "with metadata.resource_version, as get prints it, is only written if nobody has changed its file " +
        "since.",
    )
    .option("-f, --file <file>", "the file; - is what comes in by stdin");
  addObjectWriteOptions(command).action(async (options: CreateOptions) =>
    finish(await update(of, options, io)),
  );
  addHelp(
    command,
    [
      { command: `gloo ${word} update -f changed.yaml`, what: "Commit the changes" },
      { command: `gloo ${word} update -f changed.yaml --dry-run`, what: "See them first" },
    ],
    writeExitCodes,
  );
}

async function update(of: ObjectKind, options: CreateOptions, io: Io): Promise<ExitCode> {
  const { withConfig } = await import("../objects/open-config.js");
  const { makeCommit } = await import("../objects/make-commit.js");
  const { nameOfRef } = await import("../objects/object-kinds.js");
  const { readGivenText, readObjects } = await import("../objects/read-objects.js");
  return withConfig(options, io, "write", async (config) => {
    const given = await readObjects(await readGivenText(fileOf(options), io), of.kind);
    const writes = given.map(({ kind, value, resourceVersion }) => {
      return { op: "update", kind, value, resourceVersion } as const;
    });
    const deeds = given.map((at) => {
      return { action: "updated", what: nameOfRef(at), at } as const;
    });
    return makeCommit(config, { writes, deeds }, options, io);
  });
}

function addDelete(parent: Command, of: ObjectKind, { io, finish }: CommandContext): void {
  const { command: word, plural } = of;
  const command = parent
    .command("delete")
    .summary(`delete ${plural}`)
    .description(
      `Deletes ${plural}, all in one commit. One that others refer to is not deleted; they are listed.`,
    )
    .argument("<name...>", "which")
    .option("--force", "delete them although others refer to them: the config is wrong then")
    .option("--yes", "do not ask, on a terminal either");
  addObjectWriteOptions(command).action(async (names: readonly string[], options: DeleteOptions) =>
    finish(await remove(of, names, options, io)),
  );
  addHelp(
    command,
    [
      { command: `gloo ${word} delete NAME`, what: "Delete one" },
      { command: `gloo ${word} delete NAME --dry-run`, what: "See what would go" },
    ],
    writeExitCodes,
  );
}

async function remove(
  of: ObjectKind,
  names: readonly string[],
  options: DeleteOptions,
  io: Io,
): Promise<ExitCode> {
  const { kind } = of;
  const { withConfig } = await import("../objects/open-config.js");
  const { makeCommit } = await import("../objects/make-commit.js");
  const { nameOfRef } = await import("../objects/object-kinds.js");
  const { findReferrers } = await import("../objects/find-referrers.js");
  const { Refusal } = await import("../objects/refusal.js");
  const { agrees } = await import("../objects/ask/agrees.js");
  return withConfig(options, io, "write", async (config) => {
    const refs = [...new Set(names)].map((name) => ({ kind, name }));
    for (const ref of options.force === true ? [] : refs) {
      await of.collection(config.client).get(ref.name, { signal: io.signal });
      const referrers = await findReferrers(config.client, ref, io.signal);
      if (referrers.length === 0) continue;
      const list = referrers.map((line) => `  ${line}\n`).join("");
      const next = "change them first, or give --force";
      throw new Refusal(
        `gloo: ${nameOfRef(ref)} is in use; nothing was written\n${list}gloo: ${next}`,
      );
    }
    const what = refs.map(nameOfRef).join(", ");
    if (options.dryRun !== true && !(await agrees(`Delete ${what}?`, options, io))) {
      return ExitCode.Invalid;
    }
    const writes = refs.map((ref) => ({ op: "delete", ...ref }) as const);
    const deeds = refs.map((at) => {
      return { action: "deleted", what: nameOfRef(at), at } as const;
    });
    return makeCommit(config, { writes, deeds, isForced: options.force === true }, options, io);
  });
}

function addEdit(parent: Command, of: ObjectKind, { io, finish }: CommandContext): void {
  const { command: word, noun } = of;
  const command = parent
    .command("edit")
    .summary(`change ${noun} in an editor`)
    .description(
      `Opens the text of ${noun} in $VISUAL, $EDITOR, $GLOO_EDITOR or vi, and commits what comes out of it. If ` +
        "that is wrong, the editor opens again with what is wrong on top. A text that is left as it is, or " +
        "emptied, changes nothing.",
    )
    .argument("<name>", "which");
  addObjectWriteOptions(command).action(async (name: string, options: ObjectWriteOptions) =>
    finish(await edit(of, name, options, io)),
  );
  addHelp(
    command,
    [
      { command: `gloo ${word} edit NAME`, what: "Change it" },
      { command: `EDITOR="code --wait" gloo ${word} edit NAME`, what: "In another editor" },
    ],
    writeExitCodes,
  );
}

async function edit(
  of: ObjectKind,
  name: string,
  options: ObjectWriteOptions,
  io: Io,
): Promise<ExitCode> {
  const { withConfig } = await import("../objects/open-config.js");
  const { editObject } = await import("../objects/edit-object.js");
  return withConfig(options, io, "write", (config) => editObject(config, of, name, options, io));
}
