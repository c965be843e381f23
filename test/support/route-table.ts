import { createPipeline, type Build, type Pipeline } from "../../src/pipeline.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../src/translate/translate.js";
import type { SourceTree } from "../../src/source/source-tree.js";
import { treeOf, type TreeContent } from "./tree.js";

/** A pipeline with the built-in plugins and the default settings. */
export function createRoutingPipeline(): Pipeline {
  return createPipeline({
    plugins: createPluginSet(builtinPlugins),
    settings: defaultTranslationSettings,
  });
}

/** Builds files without secrets; what is wrong is left to the caller. */
export function buildFiles(
  files: Readonly<Record<string, TreeContent>>,
  pipeline = createRoutingPipeline(),
  previous?: SourceTree,
): Build & { readonly tree: SourceTree } {
  const tree = treeOf(files, previous);
  return { ...pipeline.build(tree, { secrets: new Map(), endpoints: new Map() }), tree };
}

/** Upstreams of these names, each with one address. */
export function upstreamsFile(...names: readonly string[]): string {
  return names
    .map((name) => `name: ${name}\ntype: static\nspec: {hosts: [{addr: 10.0.0.1, port: 80}]}\n`)
    .join("---\n");
}
