import { parseWantedRef } from "../source/refs.js";
import type { ObjectStore } from "../source/objects/object-store.js";
import type { FileChange } from "./apply-changes.js";
import { commitOnRef, type CommitMaker, type RefCommit } from "./commit-on-ref.js";
import { fileMode, folderMode, readEntries } from "./tree-entries.js";

/** What a note becomes, given what it is; undefined: there is none. */
export type NoteEdit = (before: Buffer | undefined) => Uint8Array;

/** Notes to be written, all by one commit. */
export interface NotesOptions extends CommitMaker {
  /** Its full name, such as `refs/notes/commits`. */
  readonly ref: string;
  /** By the commit that the note is on. Asked anew each time somebody else has written notes. */
  readonly edits: ReadonlyMap<string, NoteEdit>;
  readonly message: string;
}

/**
 * Writes notes where `git notes` reads them. Those of others stay, and so does the form of their tree; a ref
 * that does not exist begins with a commit without parents.
 */
export async function writeNotes(options: NotesOptions, signal: AbortSignal): Promise<RefCommit> {
  const { repository, ref, edits, message } = options;
  parseWantedRef(ref);
  return commitOnRef(
    options,
    async (limited) => {
      const tip = await repository.tipOf(ref, limited);
      return { ref, before: tip, start: tip };
    },
    ({ store, treeOid }) => {
      const changes = new Map<string, FileChange>();
      for (const [commit, edit] of edits) {
        const { path, blob } = findNote(store, treeOid, commit);
        const before = blob === undefined ? undefined : store.read(blob).content;
        changes.set(path, { kind: "write", bytes: edit(before) });
      }
      return Promise.resolve({ changes, message });
    },
    signal,
  );
}

/** Where the note on an object is, or is to be put. */
interface NotePlace {
  readonly path: string;
  /** Undefined: there is none. */
  readonly blob: string | undefined;
}

/**
 * Finds the note on an object. Its path is the object's name, of which each two digits may be a folder, as
 * Git makes of many notes; the forms may stand side by side. A new one is put into a folder of the first
 * two digits at least, so that a tree of very many notes stays cheap to change.
 */
export function findNote(store: ObjectStore, treeOid: string, oid: string): NotePlace {
  let prefix = "";
  let tree = treeOid;
  for (let at = 0; ; at += 2) {
    const [rest, digits] = [oid.slice(at), oid.slice(at, at + 2)];
    const entries = readEntries(store, tree);
    const note = entries.find(({ name, mode }) => name === rest && mode === fileMode);
    if (note !== undefined) return { path: prefix + rest, blob: note.oid };
    const inner = rest.length > 2 ? entries.find(({ name }) => name === digits) : undefined;
    if (inner?.mode !== folderMode) {
      const isFlat = prefix !== "" || inner !== undefined;
      return { path: isFlat ? prefix + rest : `${digits}/${oid.slice(2)}`, blob: undefined };
    }
    prefix += `${digits}/`;
    tree = inner.oid;
  }
}
