import type { Secrets } from "../model/secret.js";
import { sealedFileOf } from "../parse/sealed-file.js";
import type { Unlock } from "../pipeline.js";
import type { SecretsNow } from "../reconcile/reconciler-deps.js";
import type { SealedCopy } from "../reconcile/releases/release.js";
import { AgeKeyFileError, openAgeKeyStore, type AgeKeyStore } from "../secrets/age-key-store.js";
import type { Unsealing } from "../secrets/data-key.js";
import { openSecretStore, type SecretStore } from "../secrets/secret-store.js";
import { createUnsealer } from "../secrets/unseal.js";
import { OperationalError } from "./operational-error.js";
import type { Settings } from "./settings.js";
import { watchFiles } from "./watch-files.js";

/** Where secrets come from: the secrets folder, and encrypted files of the repository. */
export interface SecretSource {
  current(): SecretsNow;
  /** With what these files hold; they are those that {@link openSecretSource} was given. */
  currentWith(sealed: readonly SealedCopy[]): Secrets;
  close(): void;
}

export interface SecretSourceOptions extends Pick<Settings, "secretsDir" | "ageKeyFile"> {
  /** Encrypted files that were kept with what is served. */
  readonly kept: readonly SealedCopy[];
  /** Called when secrets, keys or problems are not what they were. */
  readonly onChange: () => void;
}

const noKey: Unsealing = { kind: "no-key" };

/** Opens what the settings name. Rejects with an {@link OperationalError} for what cannot be read. */
export async function openSecretSource(options: SecretSourceOptions): Promise<SecretSource> {
  const { secretsDir, ageKeyFile, kept, onChange } = options;
  const keys = ageKeyFile === undefined ? undefined : await openAgeKeys(ageKeyFile);
  const store = await openSecrets(secretsDir, onChange);
  const unlock: Unlock = (files) => keys?.keyring.unlock(files) ?? Promise.resolve(noKey);
  const keptFiles = new Map(kept.map((copy) => [copy.oid, sealedOf(copy)]));
  const keptKeys = await unlock([...keptFiles.values()]);
  const unwatch =
    keys === undefined || ageKeyFile === undefined
      ? () => undefined
      : watchFiles([ageKeyFile], { onChange: () => void keys.refresh().then(onChange) });
  return {
    current() {
      const { secrets, problems, fingerprint } = store.current();
      const ofKeys = (keys?.problems ?? []).map((message) => ({ ref: "", message }));
      return {
        secrets,
        problems: [...problems, ...ofKeys],
        fingerprint: `${fingerprint} ${keys?.keyring.fingerprint ?? ""}`,
        unlock,
      };
    },
    currentWith(sealed) {
      const files = sealed.flatMap(({ oid }) => keptFiles.get(oid) ?? []);
      const { value } = createUnsealer().unseal(files, store.current().secrets, keptKeys);
      return value;
    },
    close() {
      unwatch();
      store.close();
    },
  };
}

function sealedOf({ path, oid, text }: SealedCopy): ReturnType<typeof sealedFileOf> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return sealedFileOf({ kind: "file", path, name, oid, bytes: Buffer.from(text, "utf8") });
}

/** Opens a file of identities. Rejects with an {@link OperationalError} if it cannot be used. */
export async function openAgeKeys(path: string): Promise<AgeKeyStore> {
  try {
    return await openAgeKeyStore(path);
  } catch (cause) {
    if (!(cause instanceof AgeKeyFileError)) throw cause;
    throw new OperationalError("app/unreadable-file", `--age-key-file: ${cause.message}`, {
      cause,
    });
  }
}

async function openSecrets(folder: string | undefined, onChange: () => void): Promise<SecretStore> {
  try {
    return await openSecretStore({ folder, onChange });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw new OperationalError(
      "app/unreadable-file",
      `--secrets-dir: cannot read the folder ${folder ?? ""} (${code})`,
      { cause },
    );
  }
}
