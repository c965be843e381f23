import { ensureEnvoy } from "../../src/envoy-binary/ensure-envoy.js";

/** The Envoy that tests run. `npm test` has fetched it before. */
export function envoyPath(): Promise<string> {
  path ??= ensureEnvoy({ env: process.env, report: () => undefined });
  return path;
}

let path: Promise<string> | undefined;
