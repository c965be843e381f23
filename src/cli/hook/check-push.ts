import { hasErrors, type Diagnostic } from "../../diagnostics/diagnostic.js";
import { buildTree, type BuildOptions } from "../check/build-config.js";
import { readCommitted } from "../check/config-tree.js";
import type { Io } from "../io.js";
import type { GitContext } from "./git-context.js";
import { isDeletion, type PushedRef } from "./pushed-refs.js";

/** What is checked of a push, and how. */
export interface PushCheckOptions extends BuildOptions {
  /** Full names of the refs that are served. */
  readonly refs: readonly string[];
  /** The folder of the repository that holds the config. */
  readonly path?: string;
  /** Let a ref that is served be deleted. */
  readonly allowDelete?: boolean;
}

/** The verdict on one ref of a push. */
export interface RefVerdict {
  readonly ref: string;
  /** The commit that it is to name; undefined: it is to be deleted. */
  readonly commit: string | undefined;
  readonly accepted: boolean;
  /** Why not, in a sentence; undefined if it is accepted. */
  readonly reason: string | undefined;
  readonly files: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks those refs of a push that are served; others are nobody's business here. */
export async function checkPush(
  pushed: readonly PushedRef[],
  git: GitContext,
  options: PushCheckOptions,
  io: Io,
): Promise<readonly RefVerdict[]> {
  const verdicts: RefVerdict[] = [];
  for (const one of pushed) {
    if (!options.refs.includes(one.ref)) continue;
    verdicts.push(
      isDeletion(one) ? judgeDeletion(one, options) : await judgeTip(one, git, options, io),
    );
  }
  return verdicts;
}

function judgeDeletion({ ref }: PushedRef, { allowDelete }: PushCheckOptions): RefVerdict {
  const accepted = allowDelete === true;
  return {
    ref,
    commit: undefined,
    accepted,
    reason: accepted ? undefined : "Envoys are served from it; --allow-delete lets it go",
    files: 0,
    diagnostics: [],
  };
}

async function judgeTip(
  { ref, newOid }: PushedRef,
  { folder, objectFolders }: GitContext,
  options: PushCheckOptions,
  io: Io,
): Promise<RefVerdict> {
  const where = {
    url: folder,
    ref: newOid,
    objectFolders,
    ...(options.path === undefined ? {} : { basePath: options.path }),
  };
  const built = await buildTree(readCommitted(where, `reading ${ref}`, io), options, io);
  const { files, diagnostics } = built;
  const accepted = !hasErrors(diagnostics);
  const reason = accepted ? undefined : "it has errors";
  return { ref, commit: newOid, accepted, reason, files, diagnostics };
}
