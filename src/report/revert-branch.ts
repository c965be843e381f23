import { commitOnBranch } from "../authoring/commit-on-branch.js";
import { AuthoringError } from "../authoring/authoring-error.js";
import type { Identity } from "../authoring/encode-commit.js";
import { readFirstParents } from "../authoring/read-commits.js";
import { restoringChanges } from "../authoring/restore-tree.js";
import {
  commitsUndone,
  messageOfRollback,
  shortOf,
  subjectOf,
} from "../authoring/rollback-message.js";
import type { WritableRepository } from "../authoring/writable-repository.js";
import { formatDiagnosticsText } from "../diagnostics/format-text.js";
import { typeUrls } from "../envoy/type-urls.js";
import { printableText } from "../lib/printable-text.js";
import type { CommitRecord, Refusal } from "../reconcile/commits/commit-record.js";
import type { CommitInfo } from "../source/source-tree.js";
import type { Receiver } from "./receiver.js";
import { writeFailure } from "./write-failure.js";

export interface RevertBranchOptions {
  readonly repository: WritableRepository;
  /** What the names of branches begin with; the first digits of the commit follow. */
  readonly prefix: string;
  /** The folder that holds the config; no other is touched. */
  readonly basePath: string;
  readonly author: Identity;
  /** Whether commits that validation rejects get one too. */
  readonly ofRejected: boolean;
  /** The commit that is served. */
  readonly served: () => CommitInfo | undefined;
  /** Newest first. */
  readonly commits: () => readonly CommitRecord[];
  /** One attempt is given up after so many milliseconds. */
  readonly timeoutMs: number;
  /** Until the commit before is served again. Default: 2,000. */
  readonly pauseMs?: number;
}

/** First parents that are looked at. */
const depth = 50;
const maxRefusals = 5;
const maxDiagnostics = 5;
const maxMessage = 500;

/**
 * Proposes to take back what Envoys refused: a commit with the config that is served, on a branch of its own,
 * for a person to open a pull request from. It is made once for each commit, and a branch that is there
 * is left alone.
 */
export function createRevertBranch(options: RevertBranchOptions): Receiver {
  const { repository, prefix, ofRejected, timeoutMs } = options;
  const isWanted = ({ state }: CommitRecord): boolean =>
    state === "refused" || (ofRejected && state === "rejected");
  return {
    name: "revert-branch",
    idOf: (record) => (isWanted(record) ? "proposed" : undefined),
    maxAtOnce: 1,
    pauseMs: options.pauseMs ?? 2_000,
    async tell([record], signal) {
      const served = options.served();
      if (record === undefined || served === undefined || isPassed(record, served, options)) {
        return { kind: "told" };
      }
      // Envoys are still being sent what was before.
      if (served.oid === record.commit.oid) return { kind: "again", problem: undefined };
      const branch = prefix + record.commit.oid.slice(0, 8);
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const { branches } = await repository.listBranches(limited);
        if (!branches.has(branch)) await propose(branch, record, served, options, limited);
        return { kind: "told" };
      } catch (cause) {
        if (cause instanceof BranchIsThere) return { kind: "told" };
        const problem = writeFailure(`the branch ${branch}`, "--revert-branch", cause);
        const isFinal = cause instanceof AuthoringError && cause.code === "authoring/rejected";
        return { kind: isFinal ? "given-up" : "again", problem };
      }
    },
  };
}

/** Whether something newer is served: there is nothing left to take back. */
function isPassed(
  { commit }: CommitRecord,
  served: CommitInfo,
  { commits }: RevertBranchOptions,
): boolean {
  const order = commits().map((record) => record.commit.oid);
  const [own, other] = [order.indexOf(commit.oid), order.indexOf(served.oid)];
  return other >= 0 && other < own;
}

/** Somebody else, such as another replica, has just made the branch. */
class BranchIsThere extends Error {}

async function propose(
  branch: string,
  record: CommitRecord,
  served: CommitInfo,
  { repository, basePath, author }: RevertBranchOptions,
  signal: AbortSignal,
): Promise<void> {
  const { commit } = record;
  const store = await repository.open(commit.oid, signal, depth);
  const history = readFirstParents(store, commit.oid, basePath, depth);
  if (!store.has(served.oid)) await repository.open(served.oid, signal);
  const message = messageOfRollback({
    target: served,
    undone: commitsUndone(history, served),
    subject: `Take back "${subjectOf(commit).slice(0, 50)}" (${shortOf(commit)})`,
    reason: reasonOf(record),
  });
  await commitOnBranch(
    // What was pushed on top of it meanwhile is none of its business.
    { repository, branch, from: commit.oid, author },
    (view) => {
      if (view.commit !== commit.oid) throw new BranchIsThere();
      const changes = restoringChanges(view.store, basePath, commit.oid, served.oid);
      return Promise.resolve({ changes, message });
    },
    signal,
  );
}

function reasonOf({ state, refusals, diagnostics, errorCount, reason }: CommitRecord): string {
  if (state === "refused") {
    const shown = refusals.slice(0, maxRefusals).map(refusalText);
    return shown.length === 0
      ? `It was refused: ${printableText(reason ?? "")}`
      : shown.join("\n\n");
  }
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return `It was rejected: ${printableText(reason ?? "it has errors")}.`;
  const text = formatDiagnosticsText(errors.slice(0, maxDiagnostics)).trimEnd();
  return `It was rejected for ${errorCount} error${errorCount === 1 ? "" : "s"}:\n\n${indented(text)}`;
}

function refusalText({ nodeId, role, typeUrl, message }: Refusal): string {
  const type = typeUrl.split(".").at(-1) ?? "";
  const what = type === "" ? "it" : `its ${type}s`;
  const who = `Envoy "${printableText(nodeId)}"${role === "" ? "" : ` of role "${printableText(role)}"`}`;
  // What Envoy says of a secret is for the log of that Envoy.
  if (typeUrl === typeUrls.secret || message === "") return `${who} refused ${what}.`;
  return `${who} refused ${what}:\n\n${indented(printableText(message).slice(0, maxMessage))}`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
