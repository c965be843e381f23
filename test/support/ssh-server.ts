import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { gitEnvironment } from "./git-repo.js";

/** The `sshd` of this machine; undefined if there is none, or no `ssh`. */
export const sshdPath: string | undefined = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].find(
  (path) => {
    try {
      accessSync(path, constants.X_OK);
      return spawnSync("ssh", ["-V"]).status === 0;
    } catch {
      return false;
    }
  },
);

/** Why tests with a real SSH server are left out; false: they are not. */
export const sshSkip: string | false =
  sshdPath === undefined && "there is no sshd and ssh (apt-get install openssh-server)";

/** Host and user keys, and the files that name them. */
export interface SshServer {
  readonly port: number;
  /** The URL of a path on it. */
  urlOf(path: string): string;
  /** The key that it lets in, and one that it does not. */
  readonly keyFile: string;
  readonly otherKeyFile: string;
  /** A file that names its host key, and one that names another. */
  readonly knownHostsFile: string;
  readonly wrongHostsFile: string;
  readonly emptyHostsFile: string;
  /** Connections so far. */
  connections(): number;
  /** Runs this instead of what is asked for, from the next connection on; undefined: what is asked. */
  setCommand(command: string | undefined): Promise<void>;
  /** Ends every connection and refuses new ones. */
  goDown(): Promise<void>;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

/** Makes a key pair without a passphrase. */
export async function makeSshKey(
  file: string,
  type = "ed25519",
  comment = "test",
): Promise<string> {
  const args = ["-q", "-t", type, "-N", "", "-C", comment, "-f", file];
  const made = spawnSync("ssh-keygen", args, { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  return (await readFile(`${file}.pub`, "utf8")).trim();
}

/**
 * A real `sshd` that serves this user, on a free port: each connection is handed to a process of its own
 * (`sshd -i`). `protocol2: false`: as servers do whose `AcceptEnv` does not let Git's protocol 2 through.
 */
export async function startSshServer(
  options: { readonly protocol2?: boolean } = {},
): Promise<SshServer> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-sshd-"));
  const path = (name: string): string => join(folder, name);
  // Where root runs it, sshd wants this folder of its own.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const hostKey = await makeSshKey(path("host"));
  const wrongKey = await makeSshKey(path("wrong-host"));
  const userKey = await makeSshKey(path("user key"));
  await makeSshKey(path("other"));
  await writeFile(path("authorized_keys"), `${userKey}\n`);
  const config = (command: string | undefined): string =>
    [
      `HostKey ${path("host")}`,
      `AuthorizedKeysFile ${path("authorized_keys")}`,
      "AuthenticationMethods publickey",
      "PermitRootLogin prohibit-password",
      "StrictModes no",
      "UsePAM no",
      "PrintMotd no",
      "LogLevel ERROR",
      ...(options.protocol2 === false ? [] : ["AcceptEnv GIT_PROTOCOL"]),
      ...(command === undefined ? [] : [`ForceCommand ${command}`]),
      "",
    ].join("\n");
  await writeFile(path("sshd_config"), config(undefined));

  const children = new Set<ChildProcess>();
  let connections = 0;
  const listen = async (port: number): Promise<Server> => {
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      connections++;
      const args = ["-i", "-e", "-f", path("sshd_config")];
      const stdio = [socket, socket, "ignore"] as const;
      const child = spawn(sshdPath ?? "sshd", args, { stdio: [...stdio], env: gitEnvironment });
      children.add(child);
      child.once("close", () => children.delete(child));
      // It has the connection now.
      socket.destroy();
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return server;
  };
  let server: Server | undefined = await listen(0);
  const { port } = server.address() as AddressInfo;
  const hostLine = (key: string): string => `[127.0.0.1]:${port} ${key}\n`;
  await writeFile(path("known hosts"), hostLine(hostKey));
  await writeFile(path("wrong_hosts"), hostLine(wrongKey));
  await writeFile(path("no_hosts"), "");

  async function goDown(): Promise<void> {
    const closing = server;
    server = undefined;
    if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
    const ends = [...children].map((child) => once(child, "close"));
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(ends);
  }
  return {
    port,
    urlOf: (where) => `ssh://${userInfo().username}@127.0.0.1:${port}${where}`,
    keyFile: path("user key"),
    otherKeyFile: path("other"),
    knownHostsFile: path("known hosts"),
    wrongHostsFile: path("wrong_hosts"),
    emptyHostsFile: path("no_hosts"),
    connections: () => connections,
    setCommand: (command) => writeFile(path("sshd_config"), config(command)),
    goDown,
    async comeBack() {
      server ??= await listen(port);
    },
    async close() {
      await goDown();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
