import { readFile, stat } from "node:fs/promises";
import { AgeKeyError, createAgeKeyring, type AgeKeyring } from "./age-keyring.js";

/** The identities in a file, as they are there now. */
export interface AgeKeyStore {
  readonly keyring: AgeKeyring;
  /** What needs a look, one sentence each: nothing of it is secret. */
  readonly problems: readonly string[];
  /** Reads the file again. Never rejects: what cannot be read leaves the identities as they were. */
  refresh(): Promise<void>;
}

/** The file cannot be used. */
export class AgeKeyFileError extends Error {
  override readonly name = "AgeKeyFileError";
}

const maxFileBytes = 1024 * 1024;

/** Reads the file. Rejects with an {@link AgeKeyFileError} of one line if it cannot be used at first. */
export async function openAgeKeyStore(path: string): Promise<AgeKeyStore> {
  let read = await readKeyFile(path);
  let failure: string | undefined;
  return {
    get keyring() {
      return read.keyring;
    },
    get problems() {
      return failure === undefined ? read.problems : [failure];
    },
    async refresh() {
      try {
        const next = await readKeyFile(path);
        // With the same identities, what was opened with them stays opened.
        const isSame = next.keyring.fingerprint === read.keyring.fingerprint;
        read = isSame ? { ...next, keyring: read.keyring } : next;
        failure = undefined;
      } catch (cause) {
        failure = (cause as Error).message;
      }
    },
  };
}

async function readKeyFile(
  path: string,
): Promise<{ readonly keyring: AgeKeyring; readonly problems: readonly string[] }> {
  try {
    const { mode, size } = await stat(path);
    if (size > maxFileBytes) throw new AgeKeyError("it is too large for a file of identities");
    const keyring = await createAgeKeyring(await readFile(path, "utf8"));
    const isOpen = (mode & 0o007) !== 0 && process.platform !== "win32";
    const problem = `the age key file ${path} can be read by everyone on this machine (chmod 600)`;
    return { keyring, problems: isOpen ? [problem] : [] };
  } catch (cause) {
    const code =
      cause instanceof Error && "code" in cause ? `cannot be read (${String(cause.code)})` : "";
    const why = cause instanceof AgeKeyError ? `cannot be used: ${cause.message}` : code;
    throw new AgeKeyFileError(`the age key file ${path} ${why}`, { cause });
  }
}
