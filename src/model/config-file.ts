/**
 * A file below a folder named `files`, which objects refer to. As long as neither its path nor its
 * content changes, it is the same object (`===`), so that what was made of it can be remembered.
 */
export interface ConfigFile {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Files by what objects call them: their paths below the folder named `files`. The same map as long as
 * none of them changes.
 */
export type ConfigFiles = ReadonlyMap<string, ConfigFile>;
