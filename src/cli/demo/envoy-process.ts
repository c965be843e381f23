import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../lib/json.js";
import { CommandError } from "../io.js";
import { waitFor } from "./wait-for.js";

/** A running Envoy. */
export interface EnvoyProcess {
  /** Where its admin pages are: `127.0.0.1:40123`. */
  readonly adminAddress: string;
  close(): Promise<void>;
}

/** Starts Envoy with a bootstrap whose admin port is free to choose (0). Its files go into `folder`. */
export async function startEnvoy(
  path: string,
  bootstrap: JsonObject,
  folder: string,
  signal: AbortSignal,
): Promise<EnvoyProcess> {
  const config = join(folder, "envoy.json");
  const address = join(folder, "envoy-admin-address");
  const log = join(folder, "envoy.log");
  await writeFile(config, JSON.stringify(bootstrap));
  const flags = ["--admin-address-path", address, "--log-path", log, "--log-level", "warning"];
  const args = ["--config-path", config, ...flags, "--concurrency", "1", "--disable-hot-restart"];
  const child = spawn(path, args, { stdio: "ignore" });
  const exited = once(child, "exit").catch(() => undefined);
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  const close = async (): Promise<void> => {
    const hard = setTimeout(() => void child.kill("SIGKILL"), 3_000);
    if (!ended) child.kill("SIGTERM");
    await exited;
    clearTimeout(hard);
  };
  try {
    const adminAddress = await waitFor("Envoy to start", signal, async () => {
      if (ended) throw new CommandError(`Envoy ended at once: ${await lastLine(log)}`);
      return (await readFile(address, "utf8").catch(() => "")).trim() || undefined;
    });
    return { adminAddress, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function lastLine(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trim().split("\n").at(-1) || "it said nothing";
}
