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
      if (ended) throw new CommandError(`Envoy ended at once: ${await complaintIn(log)}`);
      return (await readFile(address, "utf8").catch(() => "")).trim() || undefined;
    });
    return { adminAddress, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** The first thing that Envoy called critical, on one line and without its log prefix. */
async function complaintIn(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  const [, complaint = text] =
    /\[critical\](?:\[[^\]]*\])* (?:\[[^\]]*\] )?([^]*?)(?=\n\[\d{4}-|$)/.exec(text) ?? [];
  return (
    complaint
      .trim()
      .replaceAll(/\s*\n\s*/g, " ")
      .slice(0, 500) || "it said nothing"
  );
}
