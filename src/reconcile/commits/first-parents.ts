import type { CommitInfo } from "../../source/source-tree.js";
import type { History } from "./history.js";

/**
 * Oids from a commit down its first parents, itself first, as far as they are known: to the root, to
 * a shallow boundary, or to a gap that more commits than are judged at once have left.
 */
export function* firstParents(
  history: Pick<History, "get">,
  { oid, parent }: CommitInfo,
): Generator<string> {
  yield oid;
  let next = parent;
  while (next !== undefined) {
    yield next;
    next = history.get(next)?.commit.parent;
  }
}
