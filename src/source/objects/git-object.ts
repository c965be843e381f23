import { createHash } from "node:crypto";

/** The kinds of objects that Git stores. */
export type ObjectType = "commit" | "tree" | "blob" | "tag";

/** An object of the repository. */
export interface GitObject {
  readonly type: ObjectType;
  readonly content: Buffer;
}

/** The name that Git gives an object: the SHA-1 of its type, its length and its content. */
export function oidOf(type: ObjectType, content: Uint8Array): string {
  return createHash("sha1").update(`${type} ${content.length}\0`).update(content).digest("hex");
}

/** A tree without entries. Git knows it without storing it. */
export const emptyTreeOid = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** What is stored does not hold together: an object is missing, cut off, or not what its name says. */
export class CorruptObjectError extends Error {
  override readonly name = "CorruptObjectError";
  /** The object is not there at all, which a shallow history makes normal for old commits. */
  readonly missing: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly missing?: boolean }) {
    super(message, options);
    this.missing = options?.missing ?? false;
  }
}
