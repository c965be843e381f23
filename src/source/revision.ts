import { readRawCommit } from "./raw-commit.js";
import type { ObjectStore } from "./objects/object-store.js";
import { SourceError } from "./source-error.js";

/** A commit as a person names it: a ref or an oid, and steps back from there (`HEAD~2`, `main^2`). */
export interface Revision {
  /** A ref, an oid or the beginning of one; undefined: the default branch. */
  readonly base: string | undefined;
  readonly steps: readonly Step[];
}

/** `~n`: n first parents back; `^n`: the n-th parent (0: the commit itself). */
interface Step {
  readonly kind: "~" | "^";
  readonly count: number;
}

/** Reads a revision. What is no name of a ref is left to whoever looks it up. */
export function parseRevision(text: string | undefined): Revision {
  const [, base = "", steps = ""] = /^(.*?)((?:[~^]\d{0,6})*)$/s.exec(text ?? "") ?? [];
  if (base === "") return { base: steps === "" ? undefined : text, steps: [] };
  return {
    base: base === "@" ? "HEAD" : base,
    steps: [...steps.matchAll(/([~^])(\d*)/g)].map(([, kind, count]) => {
      return { kind: kind === "~" ? "~" : "^", count: count === "" ? 1 : Number(count) };
    }),
  };
}

/** Goes back from a commit. Throws a `SourceError` where the history does not go that far. */
export function stepBack(
  store: ObjectStore,
  oid: string,
  { steps }: Revision,
  label: string,
): string {
  let at = oid;
  for (const { kind, count } of steps) {
    const hops = kind === "~" ? count : Math.min(count, 1);
    const parent = kind === "~" ? 1 : count;
    for (let hop = 0; hop < hops; hop++) {
      const next = parentsOf(store, at)[parent - 1];
      if (next === undefined || !store.has(next)) {
        throw new SourceError(
          "source/ref-not-found",
          `"${label}" goes back beyond the history that is here; name a later commit, or fetch more of it`,
        );
      }
      at = next;
    }
  }
  return at;
}

/** The parents of a commit, in order. */
export function parentsOf(store: ObjectStore, oid: string): readonly string[] {
  const text = readRawCommit(store, oid).toString("latin1");
  const headers = text.slice(0, text.indexOf("\n\n") + 1);
  return [...headers.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, name = ""]) => name);
}

/** The one commit (or tag) whose oid begins so; undefined if none does. Throws if several do. */
export function findAbbreviated(store: ObjectStore, text: string): string | undefined {
  if (!/^[0-9a-f]{4,39}$/i.test(text)) return undefined;
  const found = store.oidsWith(text.toLowerCase()).filter((oid) => {
    const { type } = store.read(oid);
    return type === "commit" || type === "tag";
  });
  if (found.length <= 1) return found[0];
  throw new SourceError(
    "source/ref-not-found",
    `several commits begin with "${text}" (${found.slice(0, 3).join(", ")}); give more of its digits`,
  );
}
