import { readFile, rename } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import type { JsonValue } from "../lib/json.js";
import { errorCodeOf, stateErrorOf } from "./state-error.js";

/** A JSON document on disk that is always whole: the old one or the new one. */
export interface JsonFile {
  /** What was in it when it was opened; undefined: nothing that can be read. */
  readonly initial: JsonValue | undefined;
  /**
   * Writes the document. While one write is under way later ones wait, and of those only the newest
   * is written. Resolves when this or a newer one is safe on disk; rejects with a `StateError`.
   */
  write(document: () => JsonValue): Promise<void>;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

/** Opens a JSON file. One that is damaged is set aside with `.damaged` after its name. */
export async function openJsonFile(path: string): Promise<JsonFile> {
  const initial = await readDocument(path);
  let running: Promise<void> | undefined;
  let waiting: { document: () => JsonValue; done: Promise<void> } | undefined;

  const save = async (document: () => JsonValue): Promise<void> => {
    try {
      await writeFileAtomic(path, JSON.stringify(document()), { mode: 0o600 });
    } catch (cause) {
      throw stateErrorOf(cause, "write", path);
    }
  };
  const start = (document: () => JsonValue): Promise<void> => {
    const done = save(document).finally(() => {
      running = undefined;
    });
    running = done;
    return done;
  };

  return {
    initial,
    write(document) {
      if (waiting !== undefined) {
        waiting.document = document;
        return waiting.done;
      }
      if (running === undefined) return start(document);
      const next = { document, done: Promise.resolve() };
      waiting = next;
      next.done = running
        .catch(() => undefined) // whoever asked for that write has its error
        .then(() => {
          waiting = undefined;
          return start(next.document);
        });
      return next.done;
    },
    async close() {
      await (waiting?.done ?? running)?.catch(() => undefined); // whoever asked has the error
    },
  };
}

async function readDocument(path: string): Promise<JsonValue | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (errorCodeOf(cause) === "ENOENT") return undefined;
    throw stateErrorOf(cause, "read", path);
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // It only says what was; a fresh one loses that, and nothing that is served.
    await rename(path, `${path}.damaged`).catch((cause: unknown) => {
      throw stateErrorOf(cause, "write", path);
    });
    return undefined;
  }
}
