import { createSecretFile, SecretFileError, type SecretFile } from "../admin/secret-file.js";
import { builtinPlugins } from "../plugins/index.js";
import type { Judge } from "../reconcile/turn/judge.js";
import type { TlsMaterial } from "../serve/tls.js";
import { createPluginSet, type PluginSet } from "../translate/plugin-set.js";
import { findJudge } from "./judge.js";
import { loadPlugins } from "./load-plugins.js";
import { OperationalError } from "./operational-error.js";
import type { Settings } from "./settings.js";
import { adminTlsFiles, readTlsFiles, xdsTlsFiles, type TlsFiles } from "./tls-files.js";

/** What the settings name and the process needs, read and found to be good. */
export interface Prepared {
  readonly plugins: PluginSet;
  readonly judge: Judge | undefined;
  readonly adminToken: SecretFile | undefined;
  readonly hookSecret: SecretFile | undefined;
  readonly xdsTls: Tls | undefined;
  readonly adminTls: Tls | undefined;
}

/** The TLS of a server, and where it comes from. */
export interface Tls {
  readonly files: TlsFiles;
  readonly material: TlsMaterial;
}

/**
 * Reads all that can be wrong before anything is opened or served. Throws an {@link OperationalError}
 * of one line that names the setting.
 */
export async function prepare(
  settings: Settings,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Prepared> {
  return {
    plugins: await pluginSetOf(settings.plugin),
    judge: settings.validateWithEnvoy ? await findJudge(env, signal) : undefined,
    adminToken: await secretFileOf(
      "--admin-token-file",
      settings.adminTokenFile,
      "the token of the HTTP API",
    ),
    hookSecret: await secretFileOf(
      "--hook-secret-file",
      settings.hookSecretFile,
      "the secret of webhooks",
    ),
    xdsTls: await tlsOf(xdsTlsFiles(settings)),
    adminTls: await tlsOf(adminTlsFiles(settings)),
  };
}

async function pluginSetOf(packages: readonly string[]): Promise<PluginSet> {
  const loaded = await loadPlugins(packages);
  try {
    return createPluginSet([...builtinPlugins, ...loaded]);
  } catch (cause) {
    throw new OperationalError("app/plugin", `--plugin: ${(cause as Error).message}`, { cause });
  }
}

async function secretFileOf(
  flag: string,
  path: string | undefined,
  what: string,
): Promise<SecretFile | undefined> {
  if (path === undefined) return undefined;
  const file = createSecretFile(path, what);
  try {
    await file.read();
    return file;
  } catch (cause) {
    if (!(cause instanceof SecretFileError)) throw cause;
    throw new OperationalError("app/unreadable-file", `${flag}: ${cause.message}`, { cause });
  }
}

async function tlsOf(files: TlsFiles | undefined): Promise<Tls | undefined> {
  return files === undefined ? undefined : { files, material: await readTlsFiles(files) };
}
