import { readFile, stat } from "node:fs/promises";

/** A file with secrets, one a line, of which each is good: so that one can be replaced by another. */
export interface SecretFile {
  /** What is in the file; it is read again when the file was changed. Throws {@link SecretFileError}. */
  read(): Promise<readonly string[]>;
}

/** The file holds no secret that can be used. The message names the file, never what is in it. */
export class SecretFileError extends Error {
  override readonly name = "SecretFileError";
  readonly code = "admin/secret-file";
}

const maxBytes = 64 * 1024;

/** `what` it holds is for messages, such as `the admin token`. */
export function createSecretFile(path: string, what: string): SecretFile {
  let known: { readonly signature: string; readonly secrets: readonly string[] } | undefined;
  return {
    async read() {
      try {
        const { ino, size, mtimeMs, ctimeMs } = await stat(path);
        const signature = [ino, size, mtimeMs, ctimeMs].join(" ");
        if (known?.signature === signature) return known.secrets;
        if (size > maxBytes) throw new SecretFileError(`${what} in ${path} is too long`);
        const secrets = secretsOf(await readFile(path, "utf8"));
        if (secrets.length === 0) {
          throw new SecretFileError(`${path} is empty, and should hold ${what}`);
        }
        if (secrets.some((secret) => /[^\x21-\x7e]/.test(secret))) {
          throw new SecretFileError(
            `${what} in ${path} must be one line of ASCII without spaces, ` +
              "such as `openssl rand -hex 32` prints",
          );
        }
        known = { signature, secrets };
        return secrets;
      } catch (cause) {
        if (cause instanceof SecretFileError) throw cause;
        const { code } = cause as NodeJS.ErrnoException;
        throw new SecretFileError(`cannot read ${what} from ${path} (${code ?? "unreadable"})`, {
          cause,
        });
      }
    },
  };
}

function secretsOf(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
