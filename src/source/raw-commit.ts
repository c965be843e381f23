import type { ObjectStore } from "./objects/object-store.js";
import { SourceError } from "./source-error.js";

/** A commit object as it is stored. Throws a `SourceError` for an object of another type. */
export function readRawCommit(store: Pick<ObjectStore, "read">, oid: string): Buffer {
  const { type, content } = store.read(oid);
  if (type === "commit") return content;
  throw new SourceError("source/protocol", `${oid} is a ${type}, not a commit; watch a branch`);
}
