import type { Identity } from "../authoring/encode-commit.js";
import type { ConfigView } from "./config-view.js";
import type { Write } from "./draft.js";

/** How one write is made. */
export interface WriteOptions {
  /** Default: one that says what is done, such as `Create Upstream "pets"`. */
  readonly message?: string;
  /** Default: the client's. */
  readonly author?: Identity;
  /** Another branch, which is made from the client's if there is none. Default: the client's. */
  readonly branch?: string;
  /**
   * Whether the config is checked before the commit is made: errors that it does not have yet refuse it
   * with an `InvalidError`. Default: true.
   */
  readonly validate?: boolean;
  /**
   * Looks at the files as they would be written, once they are found good; what it throws keeps the commit
   * from being made. Called anew if the branch moved meanwhile; never if there is nothing to write.
   */
  readonly review?: (files: readonly FileEdit[], signal: AbortSignal) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** A file that a write changes. */
export interface FileEdit {
  /** From the root of the repository. */
  readonly path: string;
  /** Undefined: there is none. */
  readonly before: Uint8Array | undefined;
  /** Undefined: it is deleted. */
  readonly after: Uint8Array | undefined;
}

/** What became of writes. */
export interface WriteResult {
  /** The commit that holds them; undefined in an empty repository to which nothing was written. */
  readonly commit: string | undefined;
  readonly branch: string;
  /** False: the config said so already, and there is no new commit. */
  readonly changed: boolean;
}

/** What the parts of a client use of it. */
export interface ClientCore {
  /** The newest config of the branch. */
  view(signal: AbortSignal): Promise<ConfigView>;
  /** Makes a commit, and gives the config that it is part of. */
  write(
    writes: readonly Write[],
    message: string,
    options: WriteOptions,
  ): Promise<{ readonly result: WriteResult; readonly view: ConfigView }>;
}

/** What a commit says of writes if nobody said it better. */
export function messageOf(writes: readonly Write[]): string {
  const lines = writes.map((write) => {
    const verb = { create: "Create", update: "Update", delete: "Delete" }[
      write.op.split("-")[0] as "create" | "update" | "delete"
    ];
    if ("folder" in write) return `${verb} ${write.folder}/${write.name}`;
    const name = "value" in write ? String(write.value.name) : write.name;
    return `${verb} ${write.kind} "${name}"`;
  });
  const [only = "Change nothing"] = lines;
  return lines.length <= 1 ? only : `Change ${lines.length} objects\n\n${lines.join("\n")}`;
}
