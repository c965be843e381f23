import type { Secret, Secrets } from "../model/secret.js";
import { createPipeline, type Build } from "../pipeline.js";
import { builtinPlugins } from "../plugins/index.js";
import { readSecrets, type SecretProblem } from "../secrets/read-secrets.js";
import type { SourceTree } from "../source/source-tree.js";
import { loadPlugins } from "./load-plugins.js";
import { createPluginSet } from "../translate/plugin-set.js";
import { defaultTranslationSettings } from "../translate/translate.js";

/** What a build outside a control plane is made with. */
export interface BuildOnceOptions {
  /** Folder with the secrets that the config refers to. Default: none are known, and none are missed. */
  readonly secretsDir?: string;
  /** npm packages with plugins besides the built-in ones. */
  readonly plugins?: readonly string[];
}

/** What came of a build outside a control plane. */
export interface OneBuild extends Build {
  /** Without `secretsDir`: the secrets that the config refers to, in order. Nobody looked for them. */
  readonly uncheckedSecrets: readonly string[];
  /** What is wrong with files of `secretsDir`. */
  readonly secretProblems: readonly SecretProblem[];
}

/** Builds trees as a control plane with default settings would, and serves them to nobody. */
export type OneBuilder = (tree: SourceTree) => OneBuild;

/** Builds one tree. Throws `OperationalError` for a plugin that cannot be loaded. */
export async function buildOnce(tree: SourceTree, options: BuildOnceOptions): Promise<OneBuild> {
  return (await createOneBuilder(options))(tree);
}

/**
 * Makes a builder for trees that are to be compared: what they have in common is built once, and is the
 * same object (`===`) in both. Throws `OperationalError` for a plugin that cannot be loaded.
 */
export async function createOneBuilder(options: BuildOnceOptions): Promise<OneBuilder> {
  const pipeline = createPipeline({
    plugins: createPluginSet([...builtinPlugins, ...(await loadPlugins(options.plugins ?? []))]),
    settings: defaultTranslationSettings,
  });
  const endpoints = new Map();
  if (options.secretsDir !== undefined) {
    const { secrets, problems } = await readSecrets(options.secretsDir);
    return (tree) => {
      const build = pipeline.build(tree, { secrets, endpoints });
      return { ...build, uncheckedSecrets: [], secretProblems: problems };
    };
  }
  return (tree) => {
    const secrets = new UnknownSecrets();
    const build = pipeline.build(tree, { secrets, endpoints });
    return {
      ...build,
      diagnostics: build.diagnostics.filter(({ code }) => code !== "secret/not-found"),
      uncheckedSecrets: [...secrets.asked].sort(),
      secretProblems: [],
    };
  };
}

/** No secrets, and a note of which ones were asked for. */
class UnknownSecrets extends Map<string, Secret> implements Secrets {
  readonly asked = new Set<string>();

  override get(ref: string): undefined {
    this.asked.add(ref);
  }

  override has(ref: string): boolean {
    this.asked.add(ref);
    return false;
  }
}
