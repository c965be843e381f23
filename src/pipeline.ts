import { sortDiagnostics, type Diagnostic } from "./diagnostics/diagnostic.js";
import type { EndpointsByUpstream } from "./model/endpoints.js";
import type { Config } from "./model/resource.js";
import type { Secrets } from "./model/secret.js";
import type { ParseLimits } from "./parse/limits.js";
import { createParser } from "./parse/parse-tree.js";
import { createAssembler } from "./snapshot/assemble.js";
import type { Snapshot } from "./snapshot/snapshot.js";
import type { SourceTree } from "./source/source-tree.js";
import type { PluginSet } from "./translate/plugin-set.js";
import { createTranslator, type TranslationSettings } from "./translate/translate.js";
import type { Translation } from "./translate/translation.js";
import { createValidator } from "./validate/validate.js";

/** What a snapshot is made of, besides the tree. */
export interface PipelineInputs {
  readonly secrets: Secrets;
  readonly endpoints: EndpointsByUpstream;
}

/** What came of one tree. With an error among the diagnostics, the snapshot is not to be served. */
export interface Build {
  readonly snapshot: Snapshot;
  /** In the order of files and places, each once. */
  readonly diagnostics: readonly Diagnostic[];
  readonly config: Config;
  readonly translation: Translation;
}

/** The settings of the process that builds depend on. */
export interface PipelineOptions {
  readonly plugins: PluginSet;
  readonly settings: TranslationSettings;
  readonly parseLimits?: Partial<ParseLimits>;
}

/** Builds snapshots. */
export interface Pipeline {
  /**
   * One commit in, one snapshot out. The same tree and inputs give the same bytes: there is no
   * clock, environment or map order in it. What did not change since an earlier call is remembered.
   */
  build(tree: SourceTree, inputs: PipelineInputs): Build;
  /** The same build with other endpoints: only EDS assignments are made anew. */
  replaceEndpoints(build: Build, endpoints: EndpointsByUpstream): Build;
}

/** The stages, in their order. Each remembers what it made of unchanged input, and nothing else. */
export function createPipeline({ plugins, settings, parseLimits }: PipelineOptions): Pipeline {
  const parser = createParser(parseLimits);
  const validator = createValidator(plugins);
  const translator = createTranslator(plugins, settings);
  const assembler = createAssembler();
  return {
    build(tree, inputs) {
      const documents = parser.parseTree(tree);
      const config = validator.validate(documents.value, inputs.secrets);
      const resources = translator.translate(config.value, inputs);
      const snapshot = assembler.assemble(tree.commit.oid, resources.value);
      return {
        snapshot,
        diagnostics: sortDiagnostics([
          ...documents.diagnostics,
          ...config.diagnostics,
          ...resources.diagnostics,
        ]),
        config: config.value,
        translation: resources.value,
      };
    },
    replaceEndpoints(build, endpoints) {
      const translation = translator.replaceEndpoints(build.translation, endpoints);
      const snapshot = assembler.assemble(build.snapshot.commit, translation);
      return { ...build, snapshot, translation };
    },
  };
}
