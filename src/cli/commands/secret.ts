import { InvalidArgumentError, Option, type Command } from "commander";
import { addHelp, type CommandContext, type Example } from "../add-command.js";
import { CommandError, ExitCode, type Io } from "../io.js";
import { isObjectName } from "../objects/object-name.js";
import type { OutputForm } from "../objects/print-objects.js";
import type { SecretType } from "../objects/secret/secret-values.js";
import type { SecretWriteOptions } from "../objects/secret/write-secret.js";
import {
  addObjectWriteOptions,
  addRepositoryOptions,
  readExitCodes,
  writeExitCodes,
  type ObjectWriteOptions,
  type RepositoryOptions,
} from "./repository-options.js";

interface GetOptions extends RepositoryOptions {
  readonly output: OutputForm;
  readonly json?: boolean;
}

/** `gloo secret`: secrets of a config repository, encrypted. */
export function addSecretCommand(program: Command, context: CommandContext): void {
  const command = program
    .command("secret")
    .summary("list, create, update and delete encrypted secrets in Git")
    .description(
      "Secrets lie in the repository as files that are encrypted with SOPS for age; what they hold is never " +
        "printed, and never written in clear text. By hand they are changed with `sops edit`.",
    )
    .helpCommand(false);
  addGet(command, context);
  addWrite(command, "create", context);
  addWrite(command, "update", context);
  addDelete(command, context);
  addHelp(
    command,
    [
      { command: "gloo secret get", what: "Which secrets there are, and who uses them" },
      {
        command: "gloo secret create certificate --name pets-tls -c pets.crt -p pets.key",
        what: "Encrypt and commit a certificate",
      },
    ],
    writeExitCodes,
  );
}

function addGet(parent: Command, { io, finish }: CommandContext): void {
  const command = parent
    .command("get")
    .summary("print which secrets there are")
    .description(
      "Prints the secrets that the config refers to or that there is an encrypted file for, and who uses " +
        "them. Values are never printed.",
    )
    .argument("[name]", "one of them (default: all)")
    .addOption(
      new Option("-o, --output <form>", "how they are printed")
        .choices(["table", "yaml", "json"])
        .default("table"),
    )
    .option("--json", "the same as -o json");
  addRepositoryOptions(command).action(async (name: string | undefined, options: GetOptions) =>
    finish(await get(name, options, io)),
  );
  addHelp(
    command,
    [
      { command: "gloo secret get", what: "All of them" },
      { command: "gloo secret get pets-tls --json", what: "One, for a program" },
    ],
    readExitCodes,
  );
}

async function get(name: string | undefined, options: GetOptions, io: Io): Promise<ExitCode> {
  const { withConfig } = await import("../objects/open-config.js");
  const { listSecrets } = await import("../objects/secret/list-secrets.js");
  const { formatSecrets } = await import("../objects/secret/format-secrets.js");
  return withConfig(options, io, "read", async ({ client }) => {
    const all = await listSecrets(client, io.signal);
    const form = options.json === true ? "json" : options.output;
    if (name === undefined) {
      io.stdout(formatSecrets(all, form, io));
      return ExitCode.Ok;
    }
    const found = all.find((secret) => secret.name === name);
    if (found === undefined) {
      throw new CommandError(`there is no secret "${name}", and nobody refers to one`);
    }
    io.stdout(
      form === "json"
        ? `${JSON.stringify(found, undefined, 2)}\n`
        : formatSecrets([found], form, io),
    );
    return ExitCode.Ok;
  });
}

interface TypeHelp {
  readonly what: string;
  readonly options: readonly Option[];
  readonly example: string;
}

const file = (what: string): Option => new Option("-f, --file <file>", what);

const types: Readonly<Record<SecretType, TypeHelp>> = {
  aws: {
    what: "an access key of AWS",
    options: [
      file("a credentials file of AWS (default: ~/.aws/credentials)"),
      new Option("--profile <name>", 'a profile of it (default: "default")'),
      new Option("--env", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead of a file"),
      new Option(
        "--access-key-id <id>",
        "the key itself; others on this machine can see it while the command runs",
      ),
      new Option("--secret-access-key <key>", "its secret half; the same holds"),
    ],
    example: "--name lambda-keys --env",
  },
  azure: {
    what: "keys of Azure Functions",
    options: [
      file("YAML or JSON with a key for each function; - is stdin"),
      new Option("--master-key-file <file>", "file with the key for all functions of the app"),
    ],
    example: "--name app-keys --master-key-file master.key",
  },
  certificate: {
    what: "a certificate and its private key, or CAs to trust",
    options: [
      new Option("-c, --cert-chain <file>", "PEM file with the certificate, and those above it"),
      new Option("-p, --private-key <file>", "PEM file with its key"),
      new Option("--root-ca <file>", "PEM file with the CAs that the other side is verified by"),
    ],
    example: "--name pets-tls --cert-chain pets.crt --private-key pets.key",
  },
  google: {
    what: "ID tokens for Google Cloud Functions",
    options: [
      file("YAML or JSON with a token for each function; - is stdin"),
      new Option("--token-file <file>", "file with a token for all of them"),
    ],
    example: "--name google-tokens --token-file token",
  },
  values: {
    what: "any values",
    options: [file("YAML or JSON, a map of strings; - is stdin")],
    example: "--name nats-login -f login.yaml",
  },
};

function addWrite(
  parent: Command,
  verb: "create" | "update",
  { io, finish }: CommandContext,
): void {
  const isCreate = verb === "create";
  const outer = parent
    .command(verb)
    .summary(isCreate ? "encrypt and commit a new secret" : "replace what a secret holds")
    .description(
      `${isCreate ? "Commits a new secret" : "Replaces what a secret holds"}, encrypted for the recipients of ` +
        "--age-recipient or of .sops.yaml in the repository. Without any of them nothing is written.",
    )
    .helpCommand(false);
  for (const [type, { what, options, example }] of Object.entries(types)) {
    const command = outer
      .command(type)
      .summary(what)
      .description(`${isCreate ? "Encrypts and commits" : "Replaces a secret by"} ${what}.`)
      .requiredOption("--name <name>", "what config calls the secret");
    for (const option of options) command.addOption(option);
    command.option(
      "--age-recipient <age1…>",
      "who can open it; may be repeated (default: as .sops.yaml says)",
      appendRecipients,
    );
    addObjectWriteOptions(command).action(async (given: SecretWriteOptions) => {
      const { writeSecret } = await import("../objects/secret/write-secret.js");
      // The keys of `types` are its types.
      finish(await writeSecret(verb, type as SecretType, checked(given), io));
    });
    addHelp(
      command,
      [{ command: `gloo secret ${verb} ${type} ${example}`, what: "From a file or what is set" }],
      writeExitCodes,
    );
  }
  const examples: readonly Example[] = Object.entries(types).map(([type, { example, what }]) => ({
    command: `gloo secret ${verb} ${type} ${example}`,
    what: what.charAt(0).toUpperCase() + what.slice(1),
  }));
  addHelp(outer, examples, writeExitCodes);
}

function checked(options: SecretWriteOptions): SecretWriteOptions {
  if (isObjectName(options.name)) return options;
  throw new CommandError(
    `--name "${options.name}" is no name: lower-case letters, digits, "-" and "." are`,
  );
}

function appendRecipients(text: string, before: readonly string[] = []): readonly string[] {
  const recipients = text.split(",").map((recipient) => recipient.trim());
  if (recipients.every((recipient) => recipient.startsWith("age1"))) {
    return [...before, ...recipients];
  }
  throw new InvalidArgumentError("recipients begin with age1.");
}

function addDelete(parent: Command, { io, finish }: CommandContext): void {
  const command = parent
    .command("delete")
    .summary("delete the file of a secret")
    .description(
      "Deletes the encrypted file of a secret. One that is in use is not deleted; its users are listed. What " +
        "it held stays readable in the history for whoever has an identity: change it where it is valid.",
    )
    .argument("<name>", "what config calls it")
    .option("--force", "delete it although it is in use")
    .option("--yes", "do not ask, on a terminal either");
  addObjectWriteOptions(command).action(
    async (name: string, options: ObjectWriteOptions & { readonly force?: boolean }) => {
      const { deleteSecret } = await import("../objects/secret/write-secret.js");
      finish(await deleteSecret(name, options, io));
    },
  );
  addHelp(command, [{ command: "gloo secret delete pets-tls", what: "Delete it" }], writeExitCodes);
}
