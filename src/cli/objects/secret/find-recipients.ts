import { createWritableRepository } from "../../../authoring/open-repository.js";
import { treeOf } from "../../../authoring/read-commits.js";
import { entryAt, folderMode } from "../../../authoring/tree-entries.js";
import { creationRuleOf, type CreationRule } from "../../../secrets/sops/creation-rules.js";
import { CommandError, type Io } from "../../io.js";
import type { OpenConfig } from "../open-config.js";

const fileName = ".sops.yaml";

/**
 * For whom a secret is encrypted: for those that are named, else as the `.sops.yaml` of the branch says that
 * is nearest above it. Throws `CommandError` if that is nobody.
 */
export async function findRecipients(
  config: OpenConfig,
  path: string,
  { recipients, branch }: { readonly recipients?: readonly string[]; readonly branch?: string },
  io: Io,
): Promise<CreationRule> {
  if (recipients !== undefined && recipients.length > 0) return { recipients };
  const found = await findSopsFile(config, path, branch, io.signal);
  if (found === undefined) {
    throw new CommandError(
      `nobody is named who could open the secret, and clear text is not written; give --age-recipient age1…, or put ${fileName} into the repository (docs/tasks/keep-secrets.md)`,
    );
  }
  const inside = found.folder === "" ? path : path.slice(found.folder.length + 1);
  const rule = creationRuleOf(found.text, inside);
  if (!("fault" in rule)) return rule;
  const file = found.folder === "" ? fileName : `${found.folder}/${fileName}`;
  throw new CommandError(
    `${file} does not say who could open it: ${rule.fault}; or give --age-recipient`,
  );
}

async function findSopsFile(
  { access, newBranch }: OpenConfig,
  path: string,
  branch: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly folder: string; readonly text: string } | undefined> {
  const repository = createWritableRepository(access);
  try {
    const { branches, defaultBranch } = await repository.listBranches(signal);
    const wanted = newBranch === undefined ? (branch ?? defaultBranch) : defaultBranch;
    const commit = branches.get(wanted ?? "");
    if (commit === undefined) return undefined;
    const store = await repository.open(commit, signal);
    const root = treeOf(store, commit);
    const parts = path.split("/").slice(0, -1);
    for (let depth = parts.length; depth >= 0; depth--) {
      const folder = parts.slice(0, depth).join("/");
      const entry = entryAt(store, root, folder === "" ? fileName : `${folder}/${fileName}`);
      if (entry === undefined || entry.mode === folderMode) continue;
      return { folder, text: Buffer.from(store.read(entry.oid).content).toString("utf8") };
    }
    return undefined;
  } finally {
    await repository.close();
  }
}
