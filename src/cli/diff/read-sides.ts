import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import type { ComparedBuild } from "../../changes/compare-builds.js";
import { buildOnceOptionsOf, type BuildOptions } from "../check/build-config.js";
import { readConfigTree } from "../check/config-tree.js";
import { placeUnder } from "../check/place-under.js";
import { withProgress, type Io } from "../io.js";
import type { Side } from "./sides.js";

/** Which config of a repository is compared. */
export interface ReadOptions extends BuildOptions {
  readonly repository: string;
  readonly path?: string;
}

/** One side, built. */
export interface BuiltSide extends Side, ComparedBuild {
  readonly diagnostics: readonly Diagnostic[];
}

/** Builds both sides with one pipeline, so that what they share is built and compared once. */
export async function buildSides(
  sides: readonly [Side, Side],
  options: ReadOptions,
  io: Io,
): Promise<readonly [BuiltSide, BuiltSide]> {
  const { createOneBuilder } = await import("../../app/build-once.js");
  const { repository, path } = options;
  const build = await createOneBuilder(buildOnceOptionsOf(options, io));
  const builtSide = async (side: Side): Promise<BuiltSide> => {
    const target = {
      where: repository,
      ...(side.commit === undefined ? {} : { ref: side.commit }),
      ...(path === undefined ? {} : { path }),
    };
    const { tree, prefix } = await readConfigTree(target, io);
    const built = await withProgress(io, `building ${side.label}`, () =>
      Promise.resolve(build(tree)),
    );
    return { ...built, ...side, diagnostics: placeUnder(prefix, built.diagnostics) };
  };
  // One after the other: the second finds what the first has built.
  const before = await builtSide(sides[0]);
  return [before, await builtSide(sides[1])];
}
