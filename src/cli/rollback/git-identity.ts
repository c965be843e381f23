import type { Identity } from "../../authoring/encode-commit.js";
import type { SigningKey } from "../../authoring/sign-commit.js";
import { askGit } from "../ask-git.js";
import { CommandError, type Io } from "../io.js";

/** Who a commit is by: as a flag says, or as Git would say in this folder. */
export async function authorOf(flag: string | undefined, io: Io): Promise<Identity> {
  const text = flag ?? (await identOf(io));
  const [, name = "", email = ""] = /^\s*([^<>]*?)\s*<([^<>]*)>/.exec(text) ?? [];
  if (name !== "" && email !== "") return { name, email };
  throw new CommandError(`"${text}" is no author; give one such as "Ada <ada@example.com>"`);
}

async function identOf(io: Io): Promise<string> {
  return askGit(["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"], io).catch(
    (cause: unknown) => {
      throw new CommandError(
        'who makes the commit? Set user.name and user.email of Git, or give --author "Ada <ada@example.com>"',
        { cause },
      );
    },
  );
}

/** What Git would sign a commit with in this folder. Throws `CommandError` if it has no key. */
export async function signingKeyOf(io: Io): Promise<SigningKey> {
  const setting = (name: string): Promise<string> =>
    askGit(["config", "--get", name], io).catch(() => "");
  const [format, key] = await Promise.all([setting("gpg.format"), setting("user.signingKey")]);
  if (format !== "ssh") return { format: "openpgp", ...(key === "" ? {} : { key }) };
  if (key === "" || key.startsWith("key::")) {
    throw new CommandError("--sign needs the file of a key: git config user.signingKey FILE");
  }
  const home = io.env["HOME"] ?? "";
  return { format: "ssh", keyFile: key.startsWith("~/") ? home + key.slice(1) : key };
}
