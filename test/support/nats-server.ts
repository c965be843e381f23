import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager, type StoredMsg } from "@nats-io/jetstream";
import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import { poll } from "./envoy-process.js";

const places = (process.env["PATH"] ?? "").split(":").concat("/usr/sbin", "/usr/local/sbin");
const binary = places.map((folder) => join(folder, "nats-server")).find((file) => existsSync(file));

/** Why tests that need the real server are skipped; false where it is there. */
export const withoutNats: string | false =
  binary === undefined && "there is no nats-server: apt-get install nats-server";

/** A real NATS server with JetStream, on a free port of loopback. */
export interface NatsServer {
  readonly url: string;
  /** Connects as a client of tests. */
  connect(options?: NodeConnectionOptions): Promise<NatsConnection>;
  /** Makes a stream for subjects. */
  addStream(name: string, subjects: readonly string[]): Promise<void>;
  /** The last message that a stream has for a subject, and how many it has in all. */
  stored(stream: string, subject: string): Promise<{ last: StoredMsg | null; count: number }>;
  /** Lets the process stand still: connections stay open, and nothing is answered. */
  pause(): Promise<void>;
  resume(): void;
  /** Kills the process. */
  stop(): Promise<void>;
  /** Starts it again on the same port, with what streams had. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server. `config` is added to its configuration. */
export async function startNatsServer(
  config = "",
  admin: NodeConnectionOptions = {},
): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-nats-"));
  let child: ChildProcess | undefined;
  let port = -1;
  const start = async (): Promise<void> => {
    const file = join(folder, "nats.conf");
    const settings = [
      `host: "127.0.0.1"`,
      `port: ${port}`,
      `ports_file_dir: ${JSON.stringify(folder)}`,
      `jetstream { store_dir: ${JSON.stringify(join(folder, "store"))} }`,
    ];
    await writeFile(file, [...settings, config].join("\n"));
    child = spawn(binary ?? "", ["-c", file], { stdio: "ignore" });
    port = await poll("nats-server", () => readPort(folder, child));
    await poll("nats-server to answer", async () => (await (await connectTo()).close(), true));
  };
  const connectTo = (options: NodeConnectionOptions = {}): Promise<NatsConnection> =>
    connect({ ...admin, ...options, servers: `127.0.0.1:${port}` });
  const withConnection = async <T>(work: (own: NatsConnection) => Promise<T>): Promise<T> => {
    const own = await connectTo();
    try {
      return await work(own);
    } finally {
      await own.close();
    }
  };
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const ended = once(running, "exit");
    running.kill("SIGKILL");
    await ended;
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    connect: connectTo,
    addStream: (name, subjects) =>
      withConnection(async (own) => {
        await (await jetstreamManager(own)).streams.add({ name, subjects: [...subjects] });
      }),
    stored: (stream, subject) =>
      withConnection(async (own) => {
        const { streams } = await jetstreamManager(own);
        const { state } = await streams.info(stream);
        const last = await streams.getMessage(stream, { last_by_subj: subject }).catch(() => null);
        return { last, count: state.messages };
      }),
    async pause() {
      const pid = child?.pid ?? 0;
      child?.kill("SIGSTOP");
      await poll("nats-server to stand still", () => standsStill(pid));
    },
    resume: () => void child?.kill("SIGCONT"),
    stop,
    start,
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A signal takes its time to reach every thread; each of them could still answer. */
async function standsStill(pid: number): Promise<true | undefined> {
  const threads = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, "utf8")),
  );
  return states.every((stat) => /\) [Tt] /.test(stat)) || undefined;
}

/** The server writes it when it listens, to a file with its process id in the name. */
async function readPort(
  folder: string,
  child: ChildProcess | undefined,
): Promise<number | undefined> {
  if (typeof child?.exitCode === "number") {
    throw new Error(`nats-server ended with ${child.exitCode}`);
  }
  const name = (await readdir(folder)).find((own) => own.endsWith(`_${child?.pid}.ports`));
  if (name === undefined) return undefined;
  const { nats } = JSON.parse(await readFile(join(folder, name), "utf8")) as {
    readonly nats: readonly string[];
  };
  return Number(new URL(nats[0] ?? "").port);
}
