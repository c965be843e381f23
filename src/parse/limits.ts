/** What the parse stage refuses to read, so that no commit can exhaust the process. */
export interface ParseLimits {
  /** Files that config is read from. Default: 50,000. */
  readonly maxFiles: number;
  /** Bytes of one file. Default: 4 MiB. */
  readonly maxFileBytes: number;
  /** Values in one file, aliases written out. Default: 500,000. */
  readonly maxValues: number;
  /** How deep values may be nested, aliases written out. Default: 100. */
  readonly maxDepth: number;
  /** Aliases (`*name`) in one document. Default: 100. */
  readonly maxAliases: number;
}

export const defaultParseLimits: ParseLimits = {
  maxFiles: 50_000,
  maxFileBytes: 4 * 1024 * 1024,
  maxValues: 500_000,
  maxDepth: 100,
  maxAliases: 100,
};
