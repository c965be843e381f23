import type { Kind } from "../model/resource.js";

/**
 * What the files of a folder are: objects of a kind, whatever declares its own kind (`open`),
 * encrypted secrets, what objects refer to by name (`files`), or nothing that config reads.
 */
export type Scope = Kind | "open" | "secrets" | "files" | "none";

const scopes: ReadonlyMap<string, Scope> = new Map([
  ["upstreams", "Upstream"],
  ["virtualservices", "VirtualService"],
  ["roles", "Role"],
  ["attributes", "Attribute"],
  ["files", "files"],
  ["tests", "none"],
  ["secrets", "secrets"],
]);

/** The scope of a folder, given that of the folder that it lies in. The nearest name decides. */
export function scopeOf(folderName: string, outer: Scope): Scope {
  if (folderName.startsWith(".")) return "none";
  // What lies there is taken as it is, whatever its folders are called.
  if (outer === "files") return "files";
  return scopes.get(folderName) ?? outer;
}

/** The folder name that a name such as `virtual-services` or `Upstream` was meant to be. */
export function meantFolder(folderName: string): string | undefined {
  if (scopes.has(folderName)) return undefined;
  const plain = folderName.toLowerCase().replaceAll(/[^a-z]/g, "");
  return ["upstreams", "virtualservices"].find((name) => name === plain || name === `${plain}s`);
}

/** Whether the files of a scope are config objects because of where they lie. */
export function isKindScope(scope: Scope): scope is Kind {
  return scope !== "open" && scope !== "secrets" && scope !== "files" && scope !== "none";
}
