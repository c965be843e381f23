import { extname } from "node:path/posix";
import type { Write } from "../../../client/draft.js";
import type { ObjectWriteOptions } from "../../commands/repository-options.js";
import { encryptDocument } from "../../../secrets/sops/encrypt-document.js";
import { CommandError, ExitCode, type Io } from "../../io.js";
import { agrees } from "../ask/agrees.js";
import { makeCommit, type Deed } from "../make-commit.js";
import { withConfig } from "../open-config.js";
import { Refusal } from "../refusal.js";
import { findRecipients } from "./find-recipients.js";
import { findSealedFile, listSecrets } from "./list-secrets.js";
import { readSecretValues, type SecretType, type ValueOptions } from "./secret-values.js";

/** The options of commands that write secrets. */
export interface SecretWriteOptions extends ObjectWriteOptions, ValueOptions {
  readonly name: string;
  readonly ageRecipient?: readonly string[];
}

/** `gloo secret create`, and with `verb` update: an encrypted file. */
export function writeSecret(
  verb: "create" | "update",
  type: SecretType,
  options: SecretWriteOptions,
  io: Io,
): Promise<ExitCode> {
  return withConfig(options, io, "write", async (config) => {
    const { name, ageRecipient: recipients, branch } = options;
    const known = await findSealedFile(config.client, name, io.signal);
    if (verb === "create" && known !== undefined) {
      throw new CommandError(
        `there is secret "${name}" already, in ${known.path}; \`gloo secret update\` replaces it`,
      );
    }
    if (verb === "update" && known === undefined) {
      throw new CommandError(
        `there is no file of a secret "${name}"; \`gloo secret create\` makes one`,
      );
    }
    // What is encrypted here is YAML.
    const isKept = known !== undefined && /^\.ya?ml$/i.test(extname(known.path));
    const inBase = config.basePath === "" ? "" : `${config.basePath}/`;
    const path = isKept ? known.path : `${inBase}secrets/${name}.yaml`;
    const how = {
      ...(recipients === undefined ? {} : { recipients }),
      ...(branch === undefined ? {} : { branch }),
    };
    const rule = await findRecipients(config, path, how, io);
    const values = await readSecretValues(type, options, io);
    const text = await encryptDocument(values, { ...rule, at: new Date() }).catch(
      (cause: unknown) => {
        if (cause instanceof TypeError) throw new CommandError(cause.message, { cause });
        throw cause;
      },
    );
    const bytes = Buffer.from(text, "utf8");
    const folder = "secrets";
    const made = { op: "create-file", folder, name: `${name}.yaml`, bytes } as const;
    const writes: readonly Write[] =
      known === undefined
        ? [made]
        : isKept
          ? [{ ...known, op: "update-file", folder, bytes }]
          : [{ ...known, op: "delete-file", folder }, made];
    const action = verb === "create" ? "created" : "updated";
    const deeds: readonly Deed[] = [{ action, what: `secret/${name}`, at: path }];
    const message = `${verb === "create" ? "Create" : "Update"} secret "${name}"`;
    return makeCommit(config, { writes, deeds, message }, options, io);
  });
}

/** `gloo secret delete` */
export function deleteSecret(
  name: string,
  options: ObjectWriteOptions & { readonly force?: boolean; readonly yes?: boolean },
  io: Io,
): Promise<ExitCode> {
  return withConfig(options, io, "write", async (config) => {
    const known = await findSealedFile(config.client, name, io.signal);
    if (known === undefined) throw new CommandError(`there is no file of a secret "${name}"`);
    const all = await listSecrets(config.client, io.signal);
    const usedBy = all.find((secret) => secret.name === name)?.usedBy ?? [];
    if (usedBy.length > 0 && options.force !== true) {
      const list = usedBy.map((user) => `  ${user}\n`).join("");
      throw new Refusal(
        `gloo: secret/${name} is in use; nothing was written\n${list}gloo: change them first, or give --force`,
      );
    }
    const isSure = options.dryRun === true || (await agrees(`Delete secret/${name}?`, options, io));
    if (!isSure) return ExitCode.Invalid;
    const { resourceVersion } = known;
    const write = {
      op: "delete-file",
      folder: "secrets",
      name: known.name,
      resourceVersion,
    } as const;
    const deed: Deed = { action: "deleted", what: `secret/${name}`, at: known.path };
    const message = `Delete secret "${name}"`;
    return makeCommit(config, { writes: [write], deeds: [deed], message }, options, io);
  });
}
