import type { Confinement } from "../model/confinement.js";
import type { Secret, Secrets } from "../model/secret.js";
import { createPipeline, type Build } from "../pipeline.js";
import { builtinPlugins } from "../plugins/index.js";
import { readSecrets, type SecretProblem } from "../secrets/read-secrets.js";
import type { SourceTree } from "../source/source-tree.js";
import { loadPlugins } from "./load-plugins.js";
import { openAgeKeys } from "./secret-source.js";
import { createPluginSet } from "../translate/plugin-set.js";
import { defaultTranslationSettings } from "../translate/translate.js";

/** What a build outside a control plane is made with. */
export interface BuildOnceOptions {
  /** Folder with the secrets that the config refers to. Default: none are known, and none are missed. */
  readonly secretsDir?: string;
  /**
   * File with identities of age that open the encrypted secrets of the config. Default: they are left as
   * they are, and what can be seen of them is checked.
   */
  readonly ageKeyFile?: string;
  /** npm packages with plugins besides the built-in ones. */
  readonly plugins?: readonly string[];
  /** What repositories beside the first one may declare. Default: there are none. */
  readonly confinements?: readonly Confinement[];
}

/** What came of a build outside a control plane. */
export interface OneBuild extends Build {
  /** Without `secretsDir`: the secrets that the config refers to, in order. Nobody looked for them. */
  readonly uncheckedSecrets: readonly string[];
  /** Without `ageKeyFile`: the secrets of encrypted files, in order. Nobody looked into them. */
  readonly sealedSecrets: readonly string[];
  /** What is wrong with files of `secretsDir`. */
  readonly secretProblems: readonly SecretProblem[];
}

/** Builds trees as a control plane with default settings would, and serves them to nobody. */
export type OneBuilder = (tree: SourceTree) => Promise<OneBuild>;

/** Builds one tree. Throws `OperationalError` for a plugin that cannot be loaded. */
export async function buildOnce(tree: SourceTree, options: BuildOnceOptions): Promise<OneBuild> {
  return (await createOneBuilder(options))(tree);
}

/**
 * Makes a builder for trees that are to be compared: what they have in common is built once, and is the
 * same object (`===`) in both. Throws `OperationalError` for a plugin that cannot be loaded, and for a
 * file of identities that cannot be used.
 */
export async function createOneBuilder(options: BuildOnceOptions): Promise<OneBuilder> {
  const pipeline = createPipeline({
    plugins: createPluginSet([...builtinPlugins, ...(await loadPlugins(options.plugins ?? []))]),
    settings: defaultTranslationSettings,
    ...(options.confinements && { confinements: options.confinements }),
  });
  const { secretsDir, ageKeyFile } = options;
  const keys = ageKeyFile === undefined ? undefined : await openAgeKeys(ageKeyFile);
  const atHand = secretsDir === undefined ? undefined : await readSecrets(secretsDir);
  const endpoints = new Map();
  return async (tree) => {
    const secrets = atHand?.secrets ?? new UnknownSecrets();
    const sealed = pipeline.sealedFiles(tree);
    const unsealing = (await keys?.keyring.unlock(sealed)) ?? ({ kind: "leave" } as const);
    const build = pipeline.build(tree, { secrets, endpoints, unsealing });
    const isGuess = secrets instanceof UnknownSecrets;
    return {
      ...build,
      diagnostics: isGuess
        ? build.diagnostics.filter(({ code }) => code !== "secret/not-found")
        : build.diagnostics,
      uncheckedSecrets: isGuess ? [...secrets.asked].sort() : [],
      sealedSecrets: keys === undefined ? sealed.map(({ ref }) => ref).sort() : [],
      secretProblems: atHand?.problems ?? [],
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
