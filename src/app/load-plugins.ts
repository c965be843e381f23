import { isJsonObject } from "../lib/json.js";
import type { TranslationPlugin } from "../translate/plugin.js";
import { OperationalError } from "./operational-error.js";

/** Imports a package by its name. */
export type ImportPackage = (name: string) => Promise<unknown>;

/** A name of an npm package, perhaps with a subpath: nothing that names a file, a URL or a module of node. */
const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:\/[\w.~-]+)*$/;

/**
 * The plugins of the packages that the settings name, in their order. They run with all rights of the
 * process, which is why the repository cannot name any. Throws an {@link OperationalError} that names
 * the package at fault.
 */
export async function loadPlugins(
  names: readonly string[],
  importPackage: ImportPackage = (name) => import(name) as Promise<unknown>,
): Promise<readonly TranslationPlugin[]> {
  const plugins: TranslationPlugin[] = [];
  for (const name of names) plugins.push(...(await loadPackage(name, importPackage)));
  return plugins;
}

async function loadPackage(
  name: string,
  importPackage: ImportPackage,
): Promise<readonly TranslationPlugin[]> {
  if (!packageName.test(name) || name.split("/").includes("..")) {
    throw failure(name, "it is not the name of an npm package");
  }
  let exported: unknown;
  try {
    exported = await importPackage(name);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const missing = code === "ERR_MODULE_NOT_FOUND" && String(message).includes(`'${name}'`);
    const reason = missing
      ? "it is not installed beside gloo"
      : `it cannot be loaded: ${String(message).split("\n", 1)[0] ?? ""}`;
    throw failure(name, reason, cause);
  }
  const plugins = (exported as { readonly plugins?: unknown }).plugins;
  if (!Array.isArray(plugins)) throw failure(name, "it exports no array `plugins`");
  const wrong = plugins.findIndex((plugin) => !isPlugin(plugin));
  if (wrong >= 0) throw failure(name, `plugins[${wrong}] is not a plugin: it has no name`);
  return plugins as readonly TranslationPlugin[];
}

/** The rest is checked where plugins are put together. */
function isPlugin(value: unknown): boolean {
  return isJsonObject(value) && typeof value["name"] === "string";
}

function failure(name: string, reason: string, cause?: unknown): OperationalError {
  return new OperationalError("app/plugin", `--plugin ${name}: ${reason}`, { cause });
}
