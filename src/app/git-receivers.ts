import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createWritableRepository } from "../authoring/open-repository.js";
import type { WritableRepository } from "../authoring/writable-repository.js";
import { createNotes } from "../report/notes.js";
import type { Receiver } from "../report/receiver.js";
import { createRevertBranch, type RevertBranchOptions } from "../report/revert-branch.js";
import type { GitRepositoryOptions } from "../source/create-git-repository.js";
import { TIMEOUTS } from "../source/limits.js";
import type { Settings } from "./settings.js";
import { productVersion } from "./version.js";

/** What is needed to write to the repository that is watched. */
export interface GitReceiversOptions extends Pick<RevertBranchOptions, "served" | "commits"> {
  /** How it is read: it is written to the same way. */
  readonly gitOptions: GitRepositoryOptions;
}

/** Who is told of commits within their own repository. */
export interface GitReceivers {
  readonly receivers: readonly Receiver[];
  close(): Promise<void>;
}

/** What the settings want written to the repository. Nothing is asked of it yet. */
export async function createGitReceivers(
  settings: Settings,
  { gitOptions, ...loop }: GitReceiversOptions,
): Promise<GitReceivers> {
  const { reportNotes, revertBranch, reportContext } = settings;
  const author = authorOf(settings.reportAuthor);
  const { listMs, packMs } = { ...TIMEOUTS, ...gitOptions.timeouts };
  const timeoutMs = 2 * listMs + 2 * packMs;
  const scratchFolder = join(settings.stateDir, "writes");
  // A process that was killed has left its own there.
  await rm(scratchFolder, { recursive: true, force: true });
  const opened: WritableRepository[] = [];
  // Each has a copy of its own: what one needs of the history, the other would only carry along.
  const open = (): WritableRepository => {
    const repository = createWritableRepository({ ...gitOptions, scratchFolder });
    opened.push(repository);
    return repository;
  };
  const receivers: Receiver[] = [];
  if (reportNotes) {
    const writer = { context: reportContext, version: productVersion() };
    receivers.push(createNotes({ ...writer, repository: open(), author, timeoutMs }));
  }
  if (revertBranch !== "off") {
    const how = { prefix: revertBranch, basePath: settings.path, author, timeoutMs };
    const ofRejected = settings.revertRejected;
    receivers.push(createRevertBranch({ ...loop, ...how, repository: open(), ofRejected }));
  }
  return {
    receivers,
    async close() {
      await Promise.all(opened.map((repository) => repository.close()));
    },
  };
}

/** `Name <address>`, as it was checked to be. */
function authorOf(text: string): { readonly name: string; readonly email: string } {
  const [, name = "", email = ""] = /^(.*?) *<(.*)>$/.exec(text) ?? [];
  return { name, email };
}
