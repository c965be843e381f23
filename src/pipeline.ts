import type { Diagnostic } from "./diagnostics/diagnostic.js";
import { sortDiagnostics } from "./diagnostics/diagnostic.js";
import type { EndpointsByUpstream } from "./model/endpoints.js";
import type { Secrets } from "./model/secret.js";
import { createParser } from "./parse/parse-tree.js";
import type { SourceTree } from "./source/source-tree.js";
import { createAssembler } from "./snapshot/assemble.js";
import type { Snapshot } from "./snapshot/snapshot.js";
import type { PluginSet } from "./translate/plugin-set.js";
import { createTranslator, type TranslationSettings } from "./translate/translate.js";
import { createValidator } from "./validate/validate.js";

/** What a snapshot is made of, besides the tree. */
export interface PipelineInputs {
  readonly secrets: Secrets;
  readonly endpoints: EndpointsByUpstream;
}

/** What came of one tree. With an error among the diagnostics, the snapshot is not to be served. */
export interface Build {
  readonly snapshot: Snapshot;
  readonly diagnostics: readonly Diagnostic[];
}

/** The settings of the process that translation depends on. */
export interface PipelineOptions {
  readonly plugins: PluginSet;
  readonly settings: TranslationSettings;
}

/** Builds snapshots. */
export interface Pipeline {
  /**
   * One commit in, one snapshot out. The same tree and inputs give the same bytes: there is no
   * clock, environment or map order in it. What did not change since an earlier call is remembered.
   */
  build(tree: SourceTree, inputs: PipelineInputs): Build;
}

/** The stages, in their order. Each remembers what it made of unchanged input, and nothing else. */
export function createPipeline({ plugins, settings }: PipelineOptions): Pipeline {
  const parser = createParser();
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
      };
    },
  };
}
