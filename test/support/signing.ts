import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gitEnvironment } from "./git-repo.js";
import type { Owner } from "./remote-source.js";
import { makeSshKey } from "./ssh-server.js";

const runs = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;

/** Why tests that sign with OpenSSH are left out; false: they are not. */
export const sshSigningSkip: string | false =
  spawnSync("ssh-keygen", ["-Y", "none"]).error !== undefined &&
  "there is no ssh-keygen (apt-get install openssh-client)";

/** Why tests that sign with GnuPG are left out; false: they are not. */
export const gpgSkip: string | false =
  !runs("gpg", "--version") && "there is no gpg (apt-get install gnupg)";

/** What `git commit` is told. */
export interface SignedCommitOptions {
  /** `name=value` */
  readonly config?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** A repository with a work tree, in which commits are signed as people sign them. */
export interface SigningRepository {
  readonly folder: string;
  /** Runs Git in it and gives what it printed, trimmed. Throws with what it complained about. */
  git(...args: readonly string[]): string;
  /** Commits a file as Git is told to. Gives the commit's oid. */
  commit(path: string, text: string, options?: SignedCommitOptions): Promise<string>;
  /** Writes a commit object as it is given, and gives its oid. */
  writeCommit(content: Buffer): string;
  /** A commit object as Git stores it. */
  read(oid: string): Buffer;
  /** Whether Git itself takes the signature of a commit to be good. */
  verifies(oid: string, ...config: readonly string[]): boolean;
}

/** Makes one that is removed when the test ends. `env` goes to every Git. */
export async function createSigningRepository(
  t: Owner,
  env: NodeJS.ProcessEnv = {},
): Promise<SigningRepository> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-signing-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const run = (
    args: readonly string[],
    { input, more = {} }: { input?: Buffer; more?: NodeJS.ProcessEnv } = {},
  ): SpawnSyncReturns<Buffer> =>
    spawnSync("git", args, { cwd: folder, env: { ...gitEnvironment, ...env, ...more }, input });
  const gitWith = (args: readonly string[], more?: NodeJS.ProcessEnv): string => {
    const { status, stdout, stderr } = run(args, more === undefined ? {} : { more });
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${String(stderr)}`);
    return String(stdout).trim();
  };
  const git = (...args: readonly string[]): string => gitWith(args);
  git("init", "--quiet", "--initial-branch=main", ".");
  git("config", "gc.auto", "0");
  return {
    folder,
    git,
    async commit(path, text, { config = [], args = [], env: more } = {}) {
      await mkdir(join(folder, path, ".."), { recursive: true });
      await writeFile(join(folder, path), text);
      git("add", "--", path);
      const command = ["commit", "--quiet", "--message", `Change ${path}`, ...args];
      gitWith([...config.flatMap((one) => ["-c", one]), ...command], more);
      return git("rev-parse", "HEAD");
    },
    writeCommit(content) {
      const args = ["hash-object", "-t", "commit", "-w", "--literally", "--stdin"];
      return String(run(args, { input: content }).stdout).trim();
    },
    read: (oid) => run(["cat-file", "commit", oid]).stdout,
    verifies: (oid, ...config) =>
      run([...config.flatMap((one) => ["-c", one]), "verify-commit", oid]).status === 0,
  };
}

/** How `git commit` is told to sign with an SSH key. */
export const signWithSsh = (keyFile: string): readonly string[] => [
  "gpg.format=ssh",
  `user.signingKey=${keyFile}`,
];

/** An SSH key, and its public half as a line of an allowed-signers file has it. */
export interface SigningKey {
  readonly file: string;
  readonly publicKey: string;
}

/** Makes an SSH key pair in a folder. */
export async function makeSigningKey(
  folder: string,
  name: string,
  type = "ed25519",
): Promise<SigningKey> {
  const file = join(folder, name);
  return { file, publicKey: await makeSshKey(file, type) };
}

/** A home of GnuPG with keys in it, ended and removed when the test ends. */
export interface GpgHome {
  readonly env: NodeJS.ProcessEnv;
  run(...args: readonly string[]): string;
  /** Makes a key. `at` sets the clock: `20200101T000000`. Gives its fingerprint. */
  makeKey(name: string, options?: { readonly expires?: string; readonly at?: string }): string;
  /** Writes the public keys into a file, armored or not. */
  exportTo(file: string, keys: readonly string[], armor?: boolean): Promise<void>;
  /** Revokes a key. */
  revoke(fingerprint: string): Promise<void>;
  /** A program that is `gpg` at another time, for `gpg.program`. */
  programAt(at: string): Promise<string>;
}

/** Makes an empty home. */
export async function createGpgHome(t: Owner): Promise<GpgHome> {
  // The agent's socket lies in it, whose path must be short.
  const home = await mkdtemp(join(tmpdir(), "gpg-"));
  const env = { GNUPGHOME: home };
  t.after(async () => {
    spawnSync("gpgconf", ["--kill", "all"], { env: { ...process.env, ...env } });
    await rm(home, { recursive: true, force: true });
  });
  const runIn = (args: readonly string[]): string => {
    const all = ["--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""];
    const options = { env: { ...process.env, ...env }, maxBuffer: 1 << 24 };
    const { status, stdout, stderr } = spawnSync("gpg", [...all, ...args], options);
    if (status !== 0) throw new Error(`gpg ${args.join(" ")}: ${String(stderr)}`);
    return stdout.toString("latin1");
  };
  const clock = (at: string | undefined): readonly string[] =>
    at === undefined ? [] : ["--faked-system-time", `${at}!`];
  return {
    env,
    run: (...args) => runIn(args),
    makeKey(name, { expires = "0", at } = {}) {
      runIn([...clock(at), "--quick-generate-key", name, "ed25519", "sign", expires]);
      const listed = runIn(["--with-colons", "--list-keys", `=${name}`]);
      return /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? "";
    },
    async exportTo(file, keys, armor = true) {
      const args = [...(armor ? ["--armor"] : []), "--export", ...keys];
      await writeFile(file, Buffer.from(runIn(args), "latin1"));
    },
    async revoke(fingerprint) {
      const certificate = join(home, "openpgp-revocs.d", `${fingerprint}.rev`);
      const text = (await readFile(certificate, "utf8")).replace(/^:-----BEGIN/m, "-----BEGIN");
      await writeFile(certificate, text);
      runIn(["--import", certificate]);
    },
    async programAt(at) {
      const program = join(home, `gpg-at-${at}`);
      const script = `#!/bin/sh\nexec gpg --faked-system-time ${at}! "$@"\n`;
      await writeFile(program, script, { mode: 0o755 });
      return program;
    },
  };
}

/** Ends what a suite's hooks have made, newest first. */
export interface Suite extends Owner {
  end(): Promise<void>;
}

/** Makes an owner for `before`, whose `end` is for `after`. */
export function createSuite(): Suite {
  const ends: (() => Promise<void>)[] = [];
  return {
    after: (end) => void ends.push(end),
    async end() {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
}
