import type { Write } from "../../client/draft.js";
import { jsonEqual } from "../../edit/json-equal.js";
import { kinds, type ResourceRef } from "../../model/resource.js";
import type { ObjectWriteOptions } from "../commands/repository-options.js";
import { ExitCode, type Io } from "../io.js";
import { agrees } from "./ask/agrees.js";
import { makeCommit, type Deed } from "./make-commit.js";
import { nameOfRef, objectKinds } from "./object-kinds.js";
import { withConfig, type OpenConfig } from "./open-config.js";
import { readObjectsAt } from "./read-folder.js";
import type { GivenObject } from "./read-objects.js";
import { Refusal } from "./refusal.js";

/** The options of `gloo apply`. */
export interface ApplyOptions extends ObjectWriteOptions {
  readonly file: string;
  readonly delete?: boolean;
  /** False with `--no-update`. */
  readonly update: boolean;
  readonly yes?: boolean;
}

/** Makes the config have the objects of a file or folder, in one commit. */
export function applyObjects(options: ApplyOptions, io: Io): Promise<ExitCode> {
  return withConfig(options, io, "write", async (config) => {
    const given = await readObjectsAt(options.file, io);
    requireDistinct(given);
    const { writes, deeds, unchanged } = await planApply(config, given, options, io);
    const gone = deeds.filter(({ action }) => action === "deleted").map(({ what }) => what);
    const question = `Delete ${gone.join(", ")}?`;
    const isSure =
      gone.length === 0 || options.dryRun === true || (await agrees(question, options, io));
    if (!isSure) return ExitCode.Invalid;
    const code = await makeCommit(config, { writes, deeds }, options, io);
    if (options.json !== true && unchanged > 0 && writes.length > 0) {
      io.stderr(`${unchanged} unchanged\n`);
    }
    return code;
  });
}

interface ApplyPlan {
  readonly writes: readonly Write[];
  readonly deeds: readonly Deed[];
  readonly unchanged: number;
}

async function planApply(
  { client }: OpenConfig,
  given: readonly GivenObject[],
  options: ApplyOptions,
  io: Io,
): Promise<ApplyPlan> {
  const writes: Write[] = [];
  const deeds: Deed[] = [];
  let unchanged = 0;
  const add = (action: Deed["action"], at: ResourceRef, write: Write): void => {
    writes.push(write);
    deeds.push({ action, what: nameOfRef(at), at });
  };
  for (const kind of kinds) {
    const wanted = given.filter((object) => object.kind === kind);
    if (wanted.length === 0) continue;
    const stored = await objectKinds[kind].collection(client).list({ signal: io.signal });
    const known = new Map(stored.map((object) => [object.name, object]));
    for (const { name, plain, value, resourceVersion, place } of wanted) {
      const at = { kind, name };
      const before = known.get(name);
      known.delete(name);
      if (before === undefined) add("created", at, { op: "create", kind, value: plain });
      else if (!options.update) {
        throw new Refusal(
          `gloo: ${place}: there is ${nameOfRef(at)} already, in ${before.location.file}; leave out --no-update to change it`,
        );
      } else if (jsonEqual(before.value, value)) unchanged++;
      else add("updated", at, { op: "update", kind, value, resourceVersion });
    }
    if (options.delete !== true) continue;
    for (const name of known.keys()) add("deleted", { kind, name }, { op: "delete", kind, name });
  }
  return { writes, deeds, unchanged };
}

function requireDistinct(given: readonly GivenObject[]): void {
  const places = new Map<string, string>();
  for (const object of given) {
    const name = nameOfRef(object);
    const first = places.get(name);
    if (first !== undefined) {
      throw new Refusal(`gloo: ${object.place}: ${name} is given already, at ${first}`);
    }
    places.set(name, object.place);
  }
}
