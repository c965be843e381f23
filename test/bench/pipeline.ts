import { performance } from "node:perf_hooks";
import { createParser } from "../../src/parse/parse-tree.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { createAssembler } from "../../src/snapshot/assemble.js";
import type { SourceTree } from "../../src/source/source-tree.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import { createTranslator, defaultTranslationSettings } from "../../src/translate/translate.js";
import { createValidator } from "../../src/validate/validate.js";
import { treeOf } from "../support/tree.js";
import {
  treeT,
  upstreamPath,
  upstreamText,
  virtualServicePath,
  virtualServiceText,
  type TreeTOptions,
} from "../support/tree-t.js";

/** How long each stage takes for one tree, in milliseconds. */
export interface StageTimes {
  readonly parse: number;
  readonly validate: number;
  readonly translate: number;
  readonly assemble: number;
  readonly total: number;
}

/** What building a tree costs: the first time, and after a change of one file. */
export interface PipelineTimes {
  readonly files: number;
  readonly cold: StageTimes;
  /** Medians of several changes. */
  readonly oneUpstream: StageTimes;
  readonly oneVirtualService: StageTimes;
}

/** Measures the pure pipeline on a generated tree: the default is tree T. */
export function measurePipeline(options: TreeTOptions = {}, rounds = 15): PipelineTimes {
  let files = treeT(options) as Readonly<Record<string, string>>;
  let tree = treeOf(files);
  const build = createTimedBuild();
  const cold = build(tree);
  const change = (path: string, text: string): StageTimes => {
    files = { ...files, [path]: text };
    tree = treeOf(files, tree);
    return build(tree);
  };
  const upstreams = Array.from({ length: rounds }, (_, round) =>
    change(upstreamPath(round * 7, options), upstreamText(round * 7, options, 9000 + round)),
  );
  const services = Array.from({ length: rounds }, (_, round) =>
    change(
      virtualServicePath(round * 3, options),
      virtualServiceText(round * 3, options, `/v${round}/`),
    ),
  );
  return {
    files: Object.keys(files).length,
    cold,
    oneUpstream: medians(upstreams),
    oneVirtualService: medians(services),
  };
}

function createTimedBuild(): (tree: SourceTree) => StageTimes {
  const plugins = createPluginSet(builtinPlugins);
  const parser = createParser();
  const validator = createValidator(plugins);
  const translator = createTranslator(plugins, defaultTranslationSettings);
  const assembler = createAssembler();
  const inputs = { secrets: new Map(), endpoints: new Map() };
  return (tree) => {
    const start = performance.now();
    const documents = parser.parseTree(tree);
    const parsed = performance.now();
    const config = validator.validate(documents.value, inputs.secrets);
    const validated = performance.now();
    const resources = translator.translate(config.value, inputs);
    const translated = performance.now();
    assembler.assemble(tree.commit.oid, resources.value);
    const end = performance.now();
    const found = [...documents.diagnostics, ...config.diagnostics, ...resources.diagnostics];
    if (found.length > 0) throw new Error(found[0]?.message);
    return {
      parse: parsed - start,
      validate: validated - parsed,
      translate: translated - validated,
      assemble: end - translated,
      total: end - start,
    };
  };
}

function medians(all: readonly StageTimes[]): StageTimes {
  const of = (key: keyof StageTimes): number =>
    all.map((times) => times[key]).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN;
  return {
    parse: of("parse"),
    validate: of("validate"),
    translate: of("translate"),
    assemble: of("assemble"),
    total: of("total"),
  };
}

if (import.meta.url === `file://${process.argv[1]}`) {
  for (const options of [{ upstreams: 910, virtualServices: 90, folders: 20 }, {}]) {
    const { files, ...runs } = measurePipeline(options);
    for (const [name, times] of Object.entries(runs)) {
      const text = Object.entries(times).map(([stage, ms]) => `${stage} ${ms.toFixed(2)}`);
      console.log(`${files} files, ${name}: ${text.join(", ")} ms`);
    }
  }
}
