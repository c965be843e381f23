import type { CheckCommits, DistrustedCommit } from "../reconcile/check-commits.js";
import { createSignatureChecker } from "../signatures/signature-checker.js";
import { SignaturePolicyError } from "../signatures/signature-verdict.js";
import type { GitRepository } from "../source/git-repository.js";
import type { Logger } from "./logger.js";
import { OperationalError } from "./operational-error.js";
import type { Settings } from "./settings.js";

/** What the check of commits works with. */
export interface CommitSignaturesOptions {
  readonly repository: Pick<GitRepository, "rawCommit">;
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
  return async (commits, signal) => {
    const refused: DistrustedCommit[] = [];
    for (const { oid } of commits) {
      const verdict = await checker.check(oid, signal);
      if (verdict.kind === "refused") {
        refused.push({ oid, code: verdict.code, reason: verdict.reason });
      } else {
        log.debug({ commit: oid, signer: verdict.by, key: verdict.keyId }, "a commit is signed");
      }
    }
    return refused;
  };
}
