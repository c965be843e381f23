import type { Identity } from "../authoring/encode-commit.js";
import type { WritableRepository } from "../authoring/writable-repository.js";
import { writeNotes, type NoteEdit } from "../authoring/write-notes.js";
import { mergeNoteLine, noteIdOf, noteLineOn, type NoteWriter } from "./commit-note.js";
import type { Receiver } from "./receiver.js";
import { writeFailure } from "./write-failure.js";

export interface NotesReceiverOptions extends NoteWriter {
  readonly repository: WritableRepository;
  readonly author: Identity;
  /** One attempt is given up after so many milliseconds. */
  readonly timeoutMs: number;
  /** See {@link Receiver.pauseMs}. Default: 5,000. */
  readonly pauseMs?: number;
}

/** Where notes are kept; `git log --notes=gloo` shows them. */
export const notesRef = "refs/notes/gloo";

/** Commits whose notes go by one push. */
const maxAtOnce = 100;

/** Notes in the repository what becomes of its commits, one line on each for every control plane. */
export function createNotes(options: NotesReceiverOptions): Receiver {
  const { repository, author, context, timeoutMs } = options;
  return {
    name: "notes",
    idOf: noteIdOf,
    maxAtOnce,
    pauseMs: options.pauseMs ?? 5_000,
    async tell(records, signal) {
      const edits = new Map<string, NoteEdit>();
      for (const record of records) {
        const line = noteLineOn(record, options);
        if (line === undefined) continue;
        edits.set(record.commit.oid, (before) =>
          // Byte by byte: what others wrote may be in any encoding.
          Buffer.from(mergeNoteLine(before?.toString("latin1") ?? "", line, context), "latin1"),
        );
      }
      const message = `Notes added by gloo (${context})`;
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        await writeNotes({ repository, author, ref: notesRef, edits, message }, limited);
      } catch (cause) {
        const problem = writeFailure(`notes on commits (${notesRef})`, "--report-notes", cause);
        return { kind: "again", problem };
      }
      return { kind: "told" };
    },
  };
}
