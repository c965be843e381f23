import { SourceError } from "./source-error.js";

const MiB = 1024 * 1024;

/** What a repository may ask of this process. Each is a setting; `LIMITS` holds the defaults. */
export interface SourceLimits {
  /** The list of refs that a remote answers with, in bytes. */
  readonly maxAdvertisementBytes: number;
  /** One pack from the remote, in bytes. It is written to disk, never held in memory whole. */
  readonly maxPackBytes: number;
  /** Objects in one pack. */
  readonly maxPackObjects: number;
  /** All objects of one pack unpacked, in bytes: what a decompression bomb runs into. */
  readonly maxUnpackedBytes: number;
  /** One object of a pack unpacked, in bytes. A config file may be at most `maxFileBytes`. */
  readonly maxObjectBytes: number;
  /** One config file, in bytes. A larger one is a refused entry of the tree. */
  readonly maxFileBytes: number;
  /** All config files of a tree together, in bytes. */
  readonly maxTreeBytes: number;
  /** Files and folders of a tree. */
  readonly maxTreeEntries: number;
  /** Folders within folders. What lies deeper is a refused entry of the tree. */
  readonly maxPathDepth: number;
  /** Packs in the mirror before it is cloned afresh, which is how it is kept small. */
  readonly maxMirrorPacks: number;
  /** Bytes of all packs but the largest in the mirror before it is cloned afresh. */
  readonly maxMirrorGrowthBytes: number;
}

/** The defaults of {@link SourceLimits}: ten times what the largest config tree known needs. */
export const LIMITS: SourceLimits = {
  maxAdvertisementBytes: 32 * MiB,
  maxPackBytes: 256 * MiB,
  maxPackObjects: 1_000_000,
  maxUnpackedBytes: 2048 * MiB,
  maxObjectBytes: 128 * MiB,
  maxFileBytes: 4 * MiB,
  maxTreeBytes: 128 * MiB,
  maxTreeEntries: 200_000,
  maxPathDepth: 32,
  maxMirrorPacks: 200,
  maxMirrorGrowthBytes: 256 * MiB,
};

/** How long a remote may take. Each is a setting; `TIMEOUTS` holds the defaults. */
export interface SourceTimeouts {
  /** Until a connection stands, TLS included, in milliseconds. */
  readonly connectMs: number;
  /** From the request to the first byte of the answer, in milliseconds. */
  readonly headersMs: number;
  /** Between two pieces of an answer, in milliseconds. */
  readonly idleMs: number;
  /** For a whole list of refs, in milliseconds. */
  readonly listMs: number;
  /** For a whole pack, in milliseconds. */
  readonly packMs: number;
}

/** The defaults of {@link SourceTimeouts}. */
export const TIMEOUTS: SourceTimeouts = {
  connectMs: 10_000,
  headersMs: 30_000,
  idleMs: 30_000,
  listMs: 60_000,
  packMs: 600_000,
};

/** The error for something over a limit. It names the limit, so that a person knows what to raise. */
export function tooLarge(
  what: string,
  limit: keyof SourceLimits,
  limits: SourceLimits,
): SourceError {
  return new SourceError(
    "source/too-large",
    `${what} exceeds the limit ${limit} of ${limits[limit]}; make the repository smaller or raise ${limit}`,
  );
}
