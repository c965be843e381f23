import { locateEnvoy } from "../envoy-binary/locate-envoy.js";
import { envoyVersion } from "../envoy-binary/pinned.js";
import { validateWithEnvoy } from "../envoy-binary/validate.js";
import type { Judge } from "../reconcile/turn/judge.js";
import { OperationalError } from "./operational-error.js";

/**
 * An Envoy that judges snapshots before they are published. Fetches none: a server that starts depends
 * on nobody.
 */
export async function findJudge(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Judge> {
  const found = await locateEnvoy(env, signal);
  if (found === undefined) {
    throw new OperationalError(
      "app/envoy-missing",
      `--validate-with-envoy needs an Envoy ${envoyVersion}: set ENVOY_BIN to one, put it on the PATH, ` +
        "or have `gloo check --envoy` fetch it",
    );
  }
  return (snapshot, judging) => validateWithEnvoy(found.path, snapshot, judging);
}
