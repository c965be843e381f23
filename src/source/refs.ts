import { SourceError } from "./source-error.js";

/** A ref as a person names it: nothing (the default branch), a branch, a tag, a full name, an oid. */
export interface WantedRef {
  /** A commit that is named by its oid can never change. */
  readonly oid?: string;
  /** Full names, the first that exists is meant. A branch goes before a tag of the same name. */
  readonly candidates: readonly string[];
  /** For messages. */
  readonly label: string;
}

/** One ref that a repository has. */
export interface KnownRef {
  readonly ref: string;
  /** Of the commit: an annotated tag is peeled. */
  readonly oid: string;
}

/** Reads the name of a ref. Throws for what Git would not accept as one. */
export function parseWantedRef(ref: string | undefined): WantedRef {
  if (ref === undefined || ref === "" || ref === "HEAD") {
    return { candidates: ["HEAD"], label: "the default branch" };
  }
  if (/^[0-9a-f]{40}$/i.test(ref)) {
    return { oid: ref.toLowerCase(), candidates: [], label: `commit ${ref}` };
  }
  if (!isRefName(ref)) {
    throw new SourceError(
      "source/ref-not-found",
      `${JSON.stringify(ref)} is not a name that a branch or tag can have; give one such as main`,
    );
  }
  if (ref.startsWith("refs/")) return { candidates: [ref], label: `"${ref}"` };
  return { candidates: [`refs/heads/${ref}`, `refs/tags/${ref}`], label: `"${ref}"` };
}

/** Whether a branch may be called so: the rules of git-check-ref-format that matter to us. */
export function isRefName(ref: string): boolean {
  if (/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/$|\.$|^(?:refs\/(?:heads|tags)\/)?-|^\//.test(ref))
    return false;
  return ref.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}

/** The ref that is meant, among those that a repository has. */
export function findRef(wanted: WantedRef, known: readonly KnownRef[]): KnownRef | undefined {
  for (const name of wanted.candidates) {
    const found = known.find(({ ref }) => ref === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function nounOf({ oid, candidates, label }: WantedRef): string {
  if (oid !== undefined) return `commit ${oid}`;
  return candidates[0] === "HEAD" ? "default branch" : `branch or tag ${label}`;
}

/** The error for a ref that is not there. */
export function refNotFound(wanted: WantedRef, known: readonly KnownRef[]): SourceError {
  if (known.length === 0) {
    return new SourceError(
      "source/ref-not-found",
      `the repository has no commits yet, and so not ${wanted.label}; push one`,
    );
  }
  const branches = known
    .filter(({ ref }) => ref.startsWith("refs/heads/"))
    .map(({ ref }) => `"${ref.slice("refs/heads/".length)}"`)
    .slice(0, 5);
  const hint = branches.length > 0 ? `; there is ${branches.join(", ")}` : "; check its name";
  return new SourceError("source/ref-not-found", `the repository has no ${nounOf(wanted)}${hint}`);
}
