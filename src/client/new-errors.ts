import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Secrets } from "../model/secret.js";
import { createPipeline, type Pipeline } from "../pipeline.js";
import type { SourceTree } from "../source/source-tree.js";
import type { PluginSet } from "../translate/plugin-set.js";
import { defaultTranslationSettings } from "../translate/translate.js";

/** The errors that a tree has and another one had not. */
export type FindNewErrors = (before: SourceTree, after: SourceTree) => readonly Diagnostic[];

/**
 * Judges trees as a control plane with default settings does, but for secrets: nobody knows here which
 * there are. What two trees have in common is judged once.
 */
export function createNewErrorFinder(plugins: PluginSet): FindNewErrors {
  const pipeline = createPipeline({ plugins, settings: defaultTranslationSettings });
  return (before, after) => {
    const errors = errorsOf(pipeline, after);
    if (errors.length === 0) return [];
    const known = new Set(errorsOf(pipeline, before).map(keyOf));
    return errors.filter((error) => !known.has(keyOf(error)));
  };
}

function errorsOf(pipeline: Pipeline, tree: SourceTree): readonly Diagnostic[] {
  const { diagnostics } = pipeline.build(tree, { secrets: noSecrets, endpoints: new Map() });
  return diagnostics.filter(
    ({ severity, code }) => severity === "error" && !code.startsWith("secret/"),
  );
}

/** Lines move with every edit, so they do not count. */
function keyOf({ code, message, resource, pointer, location }: Diagnostic): string {
  return JSON.stringify([code, message, resource, pointer, location?.file]);
}

const noSecrets: Secrets = new Map();
