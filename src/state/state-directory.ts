import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openJsonFile, type JsonFile } from "./json-file.js";
import { openJournal, type Journal } from "./journal.js";
import { takeLock } from "./lock.js";
import { stateErrorOf } from "./state-error.js";

/** What one process keeps on disk. */
export interface StateDirectory {
  /** Snapshots that are served, or may be again. */
  readonly journal: Journal;
  /** Verdicts on commits. */
  readonly history: JsonFile;
  /** The endpoints that were found last. */
  readonly endpoints: JsonFile;
  /** What people have told the process to keep to. */
  readonly orders: JsonFile;
  /** What others have been told of commits. */
  readonly reports: JsonFile;
  /** Where the mirror of the Git repository lies. */
  readonly mirrorFolder: string;
  /** Where the mirror of another repository lies, by the repository's name. */
  mirrorFolderOf(name: string): string;
  /** Which commits of several repositories were taken together. */
  readonly combinations: JsonFile;
  /** Lets the next process in. */
  close(): Promise<void>;
}

/**
 * Opens a state directory, and makes it if it is missing: only its owner may read it. Rejects with a
 * `StateError` if another process uses it, or it cannot be read and written.
 */
export async function openStateDirectory(
  folder: string,
  options: { readonly now: () => number },
): Promise<StateDirectory> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  } catch (cause) {
    throw stateErrorOf(cause, "write", `the state directory ${folder}`);
  }
  const lock = await takeLock(folder, options);
  try {
    const journal = await openJournal(folder);
    const history = await openJsonFile(join(folder, "history.json"));
    const orders = await openJsonFile(join(folder, "orders.json"));
    const endpoints = await openJsonFile(join(folder, "endpoints.json"));
    const combinations = await openJsonFile(join(folder, "combinations.json"));
    const reports = await openJsonFile(join(folder, "reports.json"));
    return {
      journal,
      history,
      orders,
      endpoints,
      reports,
      mirrorFolder: join(folder, "mirror"),
      mirrorFolderOf: (name) => join(folder, "mirrors", name),
      combinations,
      async close() {
        await reports.close();
        await endpoints.close();
        await combinations.close();
        await history.close();
        await orders.close();
        await journal.close();
        await lock.release();
      },
    };
  } catch (cause) {
    await lock.release();
    throw cause;
  }
}
