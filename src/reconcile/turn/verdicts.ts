import { hasErrors, type Diagnostic } from "../../diagnostics/diagnostic.js";
import type { EndpointsByUpstream } from "../../model/endpoints.js";
import type { Secrets } from "../../model/secret.js";
import type { Build, Pipeline, Unlock } from "../../pipeline.js";
import type { GitRepository } from "../../source/git-repository.js";
import { SourceError } from "../../source/source-error.js";
import type { CommitInfo, SourceTree } from "../../source/source-tree.js";
import type { Made } from "../releases/release.js";
import type { Stopwatch } from "./stopwatch.js";

/** What validation says about a tree. */
export interface Verdict {
  /** In the order of files; the first of them. */
  readonly diagnostics: readonly Diagnostic[];
  readonly errorCount: number;
  readonly warningCount: number;
  /** What it was built into; undefined: it may not be served. */
  readonly made: Made | undefined;
  /** Why not, where diagnostics do not say. */
  readonly reason: string | undefined;
}

/** What a build takes besides the tree, as it is at one moment. */
export interface Inputs {
  readonly secrets: Secrets;
  /** Equal for equal secrets and equal keys. */
  readonly fingerprint: string;
  /** Finds the keys of encrypted files of a tree. Absent: there are none. */
  readonly unlock?: Unlock;
  readonly endpoints: EndpointsByUpstream;
}

/**
 * Verdicts on trees. Those of the last trees are remembered by content: a commit that brings back a
 * known tree costs neither parsing nor translation.
 */
export interface Verdicts {
  /**
   * The verdict on a commit. Rejects with a `SourceError` if it cannot be read; what is wrong with what
   * was read, and a crash of whatever judges it, is in the verdict. `tree` is that of the commit, if
   * it is at hand.
   */
  of(
    commit: CommitInfo,
    inputs: Inputs,
    watch: Stopwatch,
    signal: AbortSignal,
    tree?: SourceTree,
  ): Promise<Verdict>;
  isKnown(commit: CommitInfo, inputs: Inputs): boolean;
  /** The verdict, if it is remembered; the endpoints in it may be older ones. */
  known(commit: CommitInfo, inputs: Inputs): Verdict | undefined;
  forget(commit: CommitInfo, inputs: Inputs): void;
}

export interface VerdictsOptions {
  readonly repository: Pick<GitRepository, "tree">;
  readonly pipeline: Pipeline;
  /** Builds remembered: what a revert within so many trees costs nothing for. Default: 8. */
  readonly maxBuilds?: number;
}

/** Diagnostics kept of one commit. */
const maxDiagnostics = 200;
const maxVerdicts = 500;

/** Starts with no verdict. */
export function createVerdicts(options: VerdictsOptions): Verdicts {
  const { repository, pipeline, maxBuilds = 8 } = options;
  const known = new Map<string, Verdict>();
  const keyOf = ({ treeOid }: CommitInfo, { fingerprint }: Inputs): string =>
    `${treeOid} ${fingerprint}`;

  const remember = (key: string, verdict: Verdict): void => {
    known.delete(key);
    known.set(key, verdict);
    let builds = [...known.values()].filter(({ made }) => made !== undefined).length;
    for (const [oldest, { made }] of known) {
      if (builds <= maxBuilds && known.size <= maxVerdicts) break;
      if (known.size <= maxVerdicts && made === undefined) continue;
      known.delete(oldest);
      if (made !== undefined) builds--;
    }
  };

  const judge = async (
    commit: CommitInfo,
    inputs: Inputs,
    watch: Stopwatch,
    signal: AbortSignal,
    known?: SourceTree,
  ): Promise<Verdict> => {
    let tree: SourceTree;
    try {
      tree = known ?? (await watch.time("tree", () => repository.tree(commit.oid, signal)));
    } catch (cause) {
      // That a tree is too large is the committer's doing, and no retry makes it smaller.
      if (!(cause instanceof SourceError) || cause.code !== "source/too-large") throw cause;
      return rejection(cause.message);
    }
    let build: Build;
    try {
      build = await watch.time("build", () => buildOf(pipeline, tree, inputs));
    } catch (cause) {
      // A bug, of the product or of a plugin. It may not take down what is served.
      const message = cause instanceof Error ? cause.message : String(cause);
      return rejection(`it could not be judged: ${message}`);
    }
    const { fingerprint, endpoints } = inputs;
    return verdictOf(build, { build, tree, fingerprint, endpoints });
  };

  return {
    async of(commit, inputs, watch, signal, tree) {
      const key = keyOf(commit, inputs);
      const found = known.get(key) ?? (await judge(commit, inputs, watch, signal, tree));
      const verdict = withEndpoints(found, inputs.endpoints, pipeline);
      remember(key, verdict);
      return verdict;
    },
    isKnown: (commit, inputs) => known.has(keyOf(commit, inputs)),
    known: (commit, inputs) => known.get(keyOf(commit, inputs)),
    forget(commit, inputs) {
      known.delete(keyOf(commit, inputs));
    },
  };
}

/** What a pipeline makes of a tree, with the keys of its encrypted files. */
export async function buildOf(
  pipeline: Pipeline,
  tree: SourceTree,
  inputs: Pick<Inputs, "secrets" | "endpoints" | "unlock">,
): Promise<Build> {
  const { secrets, endpoints, unlock } = inputs;
  const sealed = pipeline.sealedFiles(tree);
  const isOpenable = sealed.length > 0 && unlock !== undefined;
  const unsealing = isOpenable ? await unlock(sealed) : ({ kind: "no-key" } as const);
  return pipeline.build(tree, { secrets, endpoints, unsealing });
}

function rejection(reason: string): Verdict {
  return { diagnostics: [], errorCount: 0, warningCount: 0, made: undefined, reason };
}

function verdictOf({ diagnostics }: Build, made: Made): Verdict {
  const errorCount = diagnostics.filter(({ severity }) => severity === "error").length;
  return {
    diagnostics: diagnostics.slice(0, maxDiagnostics),
    errorCount,
    warningCount: diagnostics.filter(({ severity }) => severity === "warning").length,
    made: hasErrors(diagnostics) ? undefined : made,
    reason: undefined,
  };
}

function withEndpoints(
  verdict: Verdict,
  endpoints: EndpointsByUpstream,
  pipeline: Pipeline,
): Verdict {
  const { made } = verdict;
  if (made === undefined || made.endpoints === endpoints) return verdict;
  const build = pipeline.replaceEndpoints(made.build, endpoints);
  return { ...verdict, made: { ...made, build, endpoints } };
}
