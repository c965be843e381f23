import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CommitDetail } from "../../admin/api-types.js";
import { CommandError, type Io } from "../io.js";
import { printable } from "../printable.js";
import type { ControlPlane } from "./control-plane.js";
import { freePort } from "./loopback-server.js";
import { get } from "./request.js";
import { waitFor } from "./wait-for.js";

/** This very program. */
const executable = fileURLToPath(new URL("../main.js", import.meta.url));

/**
 * Starts `gloo serve` on a repository, in a process of its own, as anyone would. It looks at the
 * repository every second. Its state and its log go into `folder`.
 */
export async function startServeProcess(
  repositoryUrl: string,
  folder: string,
  io: Io,
): Promise<ControlPlane> {
  const [adsPort, adminPort] = [await freePort(), await freePort()];
  const logFile = join(folder, "gloo.log");
  const log = await open(logFile, "w");
  const flags = [
    "--repo",
    repositoryUrl,
    "--poll",
    "@every 1s",
    "--state-dir",
    join(folder, "state"),
  ];
  const ports = ["--xds-port", String(adsPort), "--admin-port", String(adminPort)];
  const child = spawn(process.execPath, [executable, "serve", ...flags, ...ports], {
    env: withoutSettings(io.env),
    stdio: ["ignore", log.fd, log.fd],
  });
  await log.close();
  const exited = once(child, "exit").catch(() => undefined);
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  const close = async (): Promise<void> => {
    const hard = setTimeout(() => void child.kill("SIGKILL"), 5_000);
    if (!ended) child.kill("SIGTERM");
    await exited;
    clearTimeout(hard);
  };
  try {
    await waitFor("gloo serve to start", io.signal, async () => {
      if (ended) throw new CommandError(`gloo serve ended at once: ${await lastLine(logFile)}`);
      return (await get(adminPort, "127.0.0.1", "/healthz"))?.status === 200 ? true : undefined;
    });
  } catch (cause) {
    await close();
    throw cause;
  }
  return {
    adsPort,
    adminPort,
    logFile,
    verdict: async (commit) => {
      const answer = await get(adminPort, "127.0.0.1", `/api/v1/commits/${commit}`);
      // What is not 200 says that the commit has not been seen yet.
      if (answer?.status !== 200) return undefined;
      return printable(JSON.parse(answer.body) as CommitDetail);
    },
    close,
  };
}

/** The demo's gloo is told everything by flags; what the user's own one is told is not for it. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("GLOO_")));
}

async function lastLine(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.trim().split("\n").at(-1)?.slice(0, 500) || "it said nothing";
}
