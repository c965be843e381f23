import type { ConfigFile } from "../../model/config-file.js";
import { fieldNamesOf, type FieldNames } from "../../protos/field-names.js";
import { ProtoError } from "../../protos/proto-error.js";
import { readProtoSet, type ProtoSet } from "../../protos/proto-set.js";
import type { HookContext } from "../../translate/plugin.js";

/** What a file says of services. */
export interface Protos {
  readonly set: ProtoSet;
  readonly fields: FieldNames;
}

interface Remembered {
  /** Every file that was asked for: the same answers give the same result. */
  readonly reads: ReadonlyMap<string, ConfigFile | undefined>;
  readonly result: Protos | ProtoError;
}

const remembered = new WeakMap<ConfigFile, Remembered>();

/** Reads the file `name` and what it imports; undefined: there is no such file. */
export function readProtos(name: string, context: HookContext): Protos | ProtoError | undefined {
  const main = context.file(name);
  if (main === undefined) return undefined;
  const known = remembered.get(main);
  // All of it is asked for again, so that the object in hand is known to depend on it.
  if (
    known !== undefined &&
    [...known.reads].every(([read, file]) => context.file(read) === file)
  ) {
    return known.result;
  }
  const reads = new Map<string, ConfigFile | undefined>();
  const result = readNew(name, (wanted) => {
    const file = context.file(wanted);
    reads.set(wanted, file);
    return file?.bytes;
  });
  remembered.set(main, { reads, result });
  return result;
}

function readNew(
  name: string,
  read: (wanted: string) => Uint8Array | undefined,
): Protos | ProtoError {
  try {
    const set = readProtoSet(name, read);
    return { set, fields: fieldNamesOf(set) };
  } catch (cause) {
    if (cause instanceof ProtoError) return cause;
    throw cause;
  }
}
