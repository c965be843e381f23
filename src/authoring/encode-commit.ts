import { AuthoringError } from "./authoring-error.js";

/** Who makes a commit. */
export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** What a commit says. */
export interface CommitFields {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Identity;
  readonly committer: Identity;
  /** Seconds since 1970. */
  readonly timestampS: number;
  readonly message: string;
}

/** Signs the text of a commit: gives the armoured signature. */
export type CommitSigner = (commit: Buffer, signal: AbortSignal) => Promise<string>;

/** The content of a commit object, signed if there is a signer. */
export async function encodeCommit(
  fields: CommitFields,
  signer: CommitSigner | undefined,
  signal: AbortSignal,
): Promise<Buffer> {
  const stamp = `${Math.floor(fields.timestampS)} +0000`;
  const head = [
    `tree ${fields.tree}`,
    ...fields.parents.map((parent) => `parent ${parent}`),
    `author ${identityText(fields.author)} ${stamp}`,
    `committer ${identityText(fields.committer)} ${stamp}`,
  ].join("\n");
  const message = messageText(fields.message);
  const plain = Buffer.from(`${head}\n\n${message}`, "utf8");
  if (signer === undefined) return plain;
  const signature = (await signer(plain, signal)).trimEnd().replaceAll("\n", "\n ");
  return Buffer.from(`${head}\ngpgsig ${signature}\n\n${message}`, "utf8");
}

/** As Git writes it: without what would end the name early, and without the dots and commas around. */
function identityText({ name, email }: Identity): string {
  const clean = (text: string): string =>
    text.replace(/[\0-\x1f\x7f<>]+/g, "").replace(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, "");
  const [shownName, shownEmail] = [clean(name), clean(email)];
  if (shownName === "" || shownEmail === "") {
    throw new AuthoringError(
      "authoring/bad-commit",
      "a commit needs an author with a name and an e-mail address; set user.name and user.email of Git",
    );
  }
  return `${shownName} <${shownEmail}>`;
}

function messageText(message: string): string {
  const text = message
    .replaceAll("\0", "")
    .replace(/\r\n?/g, "\n")
    .replace(/[ \t]+$/gm, "")
    .replace(/^\n+|\s+$/g, "");
  if (text !== "") return `${text}\n`;
  throw new AuthoringError("authoring/bad-commit", "a commit needs a message; give one");
}
