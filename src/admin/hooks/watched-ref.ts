import type { HookEvent, RefChange } from "./hook-kind.js";

/** What a webhook means for the loop. */
export type HookAction =
  | { readonly action: "wake"; readonly expect?: string; readonly message: string }
  | { readonly action: "ignore"; readonly message: string };

/** Decides what to do about an event. `watched` is the setting `ref`. */
export function actionOf(event: HookEvent, watched: string): HookAction {
  switch (event.kind) {
    case "ping":
      return { action: "ignore", message: "pong" };
    case "other":
      return { action: "ignore", message: `events of kind "${shown(event.name)}" change nothing` };
    case "push":
      return actionOfPush(event.changes, watched);
  }
}

function actionOfPush(changes: readonly RefChange[], watched: string): HookAction {
  if (/^[0-9a-f]{40}$/i.test(watched)) {
    return { action: "ignore", message: "a commit is watched, which no push can move" };
  }
  const named = changes.filter(({ ref }) => ref !== undefined);
  const isDefault = watched === "" || watched === "HEAD";
  // The default branch is not known here, and a push that names no ref may be about any: look.
  if (named.length === 0 || isDefault) return { action: "wake", message: "looking" };
  const names = watched.startsWith("refs/")
    ? [watched]
    : [`refs/heads/${watched}`, `refs/tags/${watched}`];
  const mine = named.filter(({ ref = "" }) => names.includes(ref) || ref === watched);
  if (mine.length === 0) {
    const others = named.map(({ ref = "" }) => `"${shown(ref)}"`).slice(0, 3);
    return {
      action: "ignore",
      message: `a push to ${others.join(", ")}; "${shown(watched)}" is watched`,
    };
  }
  const commit = mine.at(-1)?.commit;
  return commit === undefined
    ? { action: "wake", message: "looking" }
    : { action: "wake", expect: commit, message: `looking for ${commit.slice(0, 8)}` };
}

function shown(text: string): string {
  return text.slice(0, 100);
}
