import type { CheckCommits, DistrustedCommit } from "../reconcile/turn/check-commits.js";
import { createSignatureChecker } from "../signatures/signature-checker.js";
import { SignaturePolicyError } from "../signatures/signature-verdict.js";
import type { GitRepository } from "../source/git-repository.js";
import type { Logger } from "./logger.js";
import { OperationalError } from "./operational-error.js";
import type { Settings } from "./settings.js";

/** What the check of commits works with. */
export interface CommitSignaturesOptions {
  readonly repository: Pick<GitRepository, "rawCommit" | "mergedCommits">;
  /** Where `ssh-keygen` is found. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
}

/**
 * What checks commits as the settings want it; undefined: nobody does. Throws an
 * {@link OperationalError} for a file that cannot be used.
 */
export async function commitSignaturesOf(
  settings: Settings,
  { repository, env, log }: CommitSignaturesOptions,
): Promise<CheckCommits | undefined> {
  if (settings.signaturePolicy === "off") return undefined;
  const checker = createSignatureChecker({
    allowedSignersFile: settings.signatureAllowedSignersFile,
    keyringFile: settings.signatureKeyringFile,
    readCommit: (oid, signal) => repository.rawCommit(oid, signal),
    env,
    now: Date.now,
  });
  try {
    await checker.load();
  } catch (cause) {
    if (!(cause instanceof SignaturePolicyError)) throw cause;
    throw new OperationalError("app/unreadable-file", `--signature-policy: ${cause.message}`, {
      cause,
    });
  }

  async function distrustOf(oid: string, signal: AbortSignal): Promise<Distrust | undefined> {
    const verdict = await checker.check(oid, signal);
    if (verdict.kind === "refused") return { code: verdict.code, reason: verdict.reason };
    const { by, keyId } = verdict;
    log.debug({ commit: oid, signer: by, key: keyId }, "a commit is signed");
    if (settings.signaturePolicy !== "every") return undefined;
    const { oids, truncated } = await repository.mergedCommits(oid, signal);
    if (truncated) return tooMuchMerged;
    for (const merged of oids) {
      const inner = await checker.check(merged, signal);
      if (inner.kind === "verified") continue;
      const reason = `it merges commit ${merged.slice(0, 8)}, which is refused: ${inner.reason}`;
      return { code: inner.code, reason };
    }
    return undefined;
  }

  return async (commits, signal) => {
    const refused: DistrustedCommit[] = [];
    for (const { oid } of commits) {
      const distrust = await distrustOf(oid, signal);
      if (distrust !== undefined) refused.push({ oid, ...distrust });
    }
    return refused;
  };
}

type Distrust = Omit<DistrustedCommit, "oid">;

const tooMuchMerged: Distrust = {
  code: "signature/unsupported",
  reason: "it merges more commits than are looked at for one merge; merge them in several steps",
};
