import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startEnvoy } from "../../src/cli/demo/envoy-process.js";
import type { JsonObject } from "../../src/lib/json.js";
import { envoyPath } from "./envoy-binary.js";

/** A real Envoy, as tests and benchmarks use it. */
export interface TestEnvoy {
  /** Of the admin pages: `127.0.0.1:40123`. */
  readonly adminAddress: string;
  /** Gets an admin page as text. */
  admin(path: string): Promise<string>;
  /** `/config_dump`, or one part of it such as `dynamic_active_clusters`. */
  configDump(resource?: string): Promise<JsonObject>;
  /** The port that a listener got, once it is there; with `name`, of that listener. */
  listenerPort(name?: string): Promise<number>;
  /** What Envoy has logged at level warning and above. */
  log(): Promise<string>;
  /** Stops the process and removes its files. */
  close(): Promise<void>;
}

/** Options of {@link startTestEnvoy}. */
export interface TestEnvoyOptions {
  /** Whether to wait until `/ready` says so, which takes a control plane that answers. Default: true. */
  readonly waitUntilReady?: boolean;
}

const deadlineMs = 30_000;

/** Starts the pinned Envoy with a bootstrap whose admin port is 0, in a folder of its own. */
export async function startTestEnvoy(
  bootstrap: JsonObject,
  { waitUntilReady = true }: TestEnvoyOptions = {},
): Promise<TestEnvoy> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-envoy-"));
  const signal = new AbortController().signal;
  const envoy = await startEnvoy(await envoyPath(), bootstrap, folder, signal).catch(
    async (cause: unknown) => {
      await rm(folder, { recursive: true, force: true });
      throw cause;
    },
  );
  const admin = async (path: string): Promise<string> =>
    (await fetch(`http://${envoy.adminAddress}${path}`)).text();
  const started: TestEnvoy = {
    adminAddress: envoy.adminAddress,
    admin,
    configDump: async (resource) =>
      JSON.parse(
        await admin(resource ? `/config_dump?resource=${resource}` : "/config_dump"),
      ) as JsonObject,
    listenerPort: (name) =>
      poll(`listener ${name ?? ""}`, async () => {
        const { listener_statuses: statuses = [] } = JSON.parse(
          await admin("/listeners?format=json"),
        ) as ListenersPage;
        const found = name ? statuses.find((status) => status.name === name) : statuses[0];
        return found?.local_address?.socket_address?.port_value;
      }),
    log: () => readFile(join(folder, "envoy.log"), "utf8").catch(() => ""),
    async close() {
      await envoy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  if (waitUntilReady) {
    await poll("Envoy to be ready", async () =>
      (await fetch(`http://${envoy.adminAddress}/ready`)).ok ? true : undefined,
    ).catch(async (cause: unknown) => {
      await started.close();
      throw cause;
    });
  }
  return started;
}

/** Asks until there is an answer; a probe that throws counts as none. Rejects after 30 seconds. */
export async function poll<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  intervalMs = 20,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await Promise.resolve()
      .then(probe)
      .catch(() => undefined);
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`waited ${deadlineMs / 1000} s for ${what}`);
    await delay(intervalMs);
  }
}

interface ListenersPage {
  readonly listener_statuses?: readonly {
    readonly name?: string;
    readonly local_address?: { readonly socket_address?: { readonly port_value?: number } };
  }[];
}
