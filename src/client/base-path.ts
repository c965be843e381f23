import { requireSafePath } from "../authoring/apply-changes.js";

/** `env/prod` for `./env//prod/`. Throws for what is no folder of a repository. */
export function parseBasePath(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length > 0) requireSafePath(parts.join("/"));
  return parts.join("/");
}
