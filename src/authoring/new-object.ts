import { oidOf, type GitObject } from "../source/objects/git-object.js";
import type { ObjectStore } from "../source/objects/object-store.js";

/** An object that a commit brings. */
export interface NewObject extends GitObject {
  readonly oid: string;
}

/** The objects of a commit in the making, on top of those that the repository has. */
export interface ObjectDraft {
  /** Reads both. */
  readonly store: ObjectStore;
  /** Adds an object, unless the repository has it, and gives its oid. */
  add(object: GitObject): string;
  /** What was added. */
  added(): readonly NewObject[];
}

/** Starts a draft. Nothing is written to the repository. */
export function draftObjects(base: ObjectStore): ObjectDraft {
  const added = new Map<string, NewObject>();
  return {
    store: {
      ...base,
      has: (oid) => added.has(oid) || base.has(oid),
      read: (oid) => added.get(oid) ?? base.read(oid),
      readWithin(oid, maxBytes) {
        const found = added.get(oid);
        if (found === undefined) return base.readWithin(oid, maxBytes);
        return found.content.length > maxBytes ? { size: found.content.length } : found;
      },
    },
    add(object) {
      const oid = oidOf(object.type, object.content);
      if (!added.has(oid) && !base.has(oid)) added.set(oid, { ...object, oid });
      return oid;
    },
    added: () => [...added.values()],
  };
}
