import { createHmac, randomBytes } from "node:crypto";
import { watch, type FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";
import type { Secrets } from "../model/secret.js";
import { readSecrets, type SecretProblem, type SecretsFound } from "./read-secrets.js";

/** The secrets that config may refer to, as they are on disk now. */
export interface SecretStore {
  current(): SecretsNow;
  /** Reads the folder now. Never rejects: what fails is among the problems. */
  refresh(): Promise<void>;
  close(): void;
}

export interface SecretsNow {
  readonly secrets: Secrets;
  readonly problems: readonly SecretProblem[];
  /**
   * Equal for equal secrets, and only in this process: it is keyed, so that nothing can be learnt from
   * it about what it stands for.
   */
  readonly fingerprint: string;
}

export interface SecretStoreOptions {
  /** Undefined: there are no secrets. */
  readonly folder: string | undefined;
  /** Called when secrets or problems are not what they were. */
  readonly onChange?: () => void;
  /**
   * Time between two looks at the folder, in milliseconds, for file systems that announce nothing.
   * Default: 10,000.
   */
  readonly pollMs?: number;
  /** Wait for this long after a change is announced, so that it is complete. Default: 50. */
  readonly settleMs?: number;
}

/** Reads the secrets and watches them. Rejects if the folder cannot be read at first. */
export async function openSecretStore(options: SecretStoreOptions): Promise<SecretStore> {
  const { folder, onChange = () => undefined, pollMs = 10_000, settleMs = 50 } = options;
  const key = randomBytes(32);
  if (folder === undefined) {
    const none = nowOf({ secrets: new Map(), problems: [], folders: [] }, key);
    return { current: () => none, refresh: () => Promise.resolve(), close: () => undefined };
  }
  let found = await readSecrets(folder);
  let now = nowOf(found, key);
  let watchers: readonly FSWatcher[] = [];
  let closed = false;
  let settling: NodeJS.Timeout | undefined;
  let reading: Promise<void> | undefined;
  let again = false;

  const read = async (): Promise<void> => {
    let next: SecretsFound;
    try {
      next = await readSecrets(folder);
    } catch (cause) {
      // The folder is gone for now: what was in it is still what Envoys need.
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
      const problem = { ref: "", message: `the secrets folder cannot be read (${code})` };
      next = { ...found, problems: [problem] };
    }
    if (closed) return;
    const before = now;
    found = next;
    now = nowOf(next, key);
    watchAll();
    if (stateOf(before) !== stateOf(now)) onChange();
  };
  /** One reading at a time; a call meanwhile makes it read once more. */
  const refresh = (): Promise<void> => {
    if (reading !== undefined) {
      again = true;
      return reading;
    }
    reading = (async () => {
      do {
        again = false;
        await read();
      } while (again && !closed);
    })().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const announced = (): void => {
    settling ??= setTimeout(() => {
      settling = undefined;
      void refresh();
    }, settleMs);
  };
  const watchAll = (): void => {
    for (const watcher of watchers) watcher.close();
    watchers = found.folders.flatMap((path) => {
      try {
        // An error means that the folder is gone; its parent announces that, and polling finds it too.
        return [watch(path, { persistent: false }, announced).on("error", () => undefined)];
      } catch {
        return []; // no more watches to be had, or gone: polling remains
      }
    });
  };

  let signature = await signatureOf(found.folders);
  const poll = setInterval(() => {
    void signatureOf(found.folders).then((next) => {
      if (next === signature && now.problems.length === 0) return;
      signature = next;
      void refresh();
    });
  }, pollMs);
  poll.unref();
  watchAll();

  return {
    current: () => now,
    refresh,
    close() {
      closed = true;
      clearInterval(poll);
      clearTimeout(settling);
      for (const watcher of watchers) watcher.close();
    },
  };
}

function nowOf({ secrets, problems }: SecretsFound, key: Buffer): SecretsNow {
  const hmac = createHmac("sha256", key);
  const add = (text: string): void => void hmac.update(`${text.length}:${text}`);
  for (const [ref, secret] of secrets) {
    add(ref);
    for (const name of [...secret.keys].sort()) {
      add(name);
      add(secret.reveal(name) ?? "");
    }
    add("");
  }
  return { secrets, problems, fingerprint: hmac.digest("hex").slice(0, 20) };
}

function stateOf({ fingerprint, problems }: SecretsNow): string {
  return JSON.stringify([fingerprint, problems]);
}

/** Changes when something in these folders was made, removed or replaced. */
async function signatureOf(folders: readonly string[]): Promise<string> {
  const times = await Promise.all(
    folders.map((path) =>
      stat(path).then(
        ({ ino, mtimeMs, ctimeMs }) => `${ino} ${mtimeMs} ${ctimeMs}`,
        () => "gone",
      ),
    ),
  );
  return times.join();
}
