import { randomBytes, randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { CommitDetail } from "../../src/admin/api-types.js";
import { isJsonObject } from "../../src/lib/json.js";
import { startGloo } from "../support/cli.js";
import { poll } from "../support/envoy-process.js";
import { pushDeliveries } from "../support/hook-deliveries.js";

/** `gloo serve` as users run it: built, in a process of its own, on free ports of loopback. */
export interface GlooProcess {
  readonly adsPort: number;
  /** Where it answers people: `http://127.0.0.1:40123`. */
  readonly adminUrl: string;
  /** Sends the webhook of a push, signed, and resolves when it is answered. */
  sendHook(commit: string): Promise<void>;
  /** What it says about a commit, once that is in one of these states. */
  commit(oid: string, states: readonly CommitDetail["state"][]): Promise<CommitDetail>;
  /** Resolves when it serves something. */
  waitUntilReady(): Promise<void>;
  /** Resident memory in MB: at the moment, and at most so far. */
  memory(): Promise<{ readonly nowMb: number; readonly peakMb: number }>;
  /** Ends it as an orchestrator does, and waits for that. */
  close(): Promise<void>;
}

/** What a process is started with besides what benchmarks have in common. */
export interface GlooOptions {
  readonly repo: string;
  /** For its state and its webhook secret; it may be there from a run before. */
  readonly folder: string;
  /** Default: the product's. */
  readonly envoyPort?: number;
  /** More flags of `gloo serve`, and of Node before it. */
  readonly flags?: readonly string[];
}

/**
 * Starts it, and resolves when it listens: Envoys may come before there is anything to serve. Only
 * webhooks make it look at the remote.
 */
export async function startGlooProcess(options: GlooOptions): Promise<GlooProcess> {
  const { repo, folder, envoyPort, flags = [] } = options;
  const secret = randomBytes(24).toString("hex");
  const secretFile = join(folder, "hook-secret");
  await writeFile(secretFile, secret);
  const child = startGloo([
    "serve",
    ...["--repo", repo, "--poll", "off", "--state-dir", join(folder, "state")],
    ...["--xds-port", "0", "--admin-port", "0", "--hook-secret-file", secretFile],
    ...(envoyPort === undefined ? [] : ["--envoy-port", String(envoyPort)]),
    ...flags,
  ]);
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      resolve();
    });
  });
  const close = async (): Promise<void> => {
    child.kill("SIGTERM");
    const hard = setTimeout(() => void child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(hard);
  };
  const lines: string[] = [];
  child.stderr?.setEncoding("utf8").on("data", (text: string) => lines.push(text));
  const addresses = new Promise<{ adsPort: number; adminUrl: string }>((resolve, reject) => {
    if (child.stdout === null) throw new Error("gloo serve has no stdout");
    createInterface(child.stdout).on("line", (line) => {
      lines.push(line);
      const entry: unknown = JSON.parse(line);
      if (!isJsonObject(entry) || entry["msg"] !== "started") return;
      const adsPort = Number(String(entry["xds"]).split(":").at(-1));
      resolve({ adsPort, adminUrl: String(entry["admin"]) });
    });
    void ended.then(() => {
      reject(new Error(`gloo serve ended: ${lines.slice(-5).join("\n")}`));
    });
  });
  const { adsPort, adminUrl } = await addresses;
  const get = async <T>(path: string): Promise<T | undefined> => {
    const response = await fetch(adminUrl + path);
    // What is not 200 says that it is not known yet. The types are those of the product's own API.
    return response.ok ? ((await response.json()) as T) : undefined;
  };
  return {
    adsPort,
    adminUrl,
    async sendHook(commit) {
      const push = { secret, ref: "refs/heads/main", after: commit, id: randomUUID() };
      const delivery = pushDeliveries["generic"]?.({ ...push, atMs: Date.now() });
      const { ok, status } = await fetch(`${adminUrl}/hooks/generic`, {
        method: "POST",
        ...delivery,
      });
      if (!ok) throw new Error(`the webhook was answered with ${status}`);
    },
    commit: (oid, states) =>
      poll(`commit ${oid} to be ${states.join(" or ")}`, async () => {
        const found = await get<CommitDetail>(`/api/v1/commits/${oid}`);
        if (found?.state === "rejected") throw new Error(`commit ${oid} was rejected`);
        return found !== undefined && states.includes(found.state) ? found : undefined;
      }),
    waitUntilReady: () =>
      poll("gloo serve to be ready", async () => {
        if ((await fetch(`${adminUrl}/readyz`)).ok) return true;
        return undefined;
      }).then(() => undefined),
    async memory() {
      const text = await readFile(`/proc/${child.pid}/status`, "utf8");
      const mb = (name: string): number =>
        Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
      return { nowMb: mb("VmRSS"), peakMb: mb("VmHWM") };
    },
    close,
  };
}
