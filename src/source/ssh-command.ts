import { stat } from "node:fs/promises";
import { SourceError } from "./source-error.js";

/** How a remote over SSH is reached. Paths are absolute. */
export interface SshOptions {
  /** The private key. Default: those of the agent and of the user's `.ssh` folder. */
  readonly keyFile?: string;
  /** The host keys that are trusted, and no others. Default: the user's and the system's `known_hosts`. */
  readonly knownHostsFile?: string;
  /** Where `git` and `ssh` are found (`PATH`), and the agent (`SSH_AUTH_SOCK`); nothing else is used. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The command line that Git runs `ssh` by. The user's `ssh_config` is not read (it may run programs),
 * nobody is asked anything, and a host whose key is not known is never trusted.
 */
export function sshCommandOf(
  { keyFile, knownHostsFile }: SshOptions,
  timeouts: { readonly connectMs: number; readonly idleMs: number },
): string {
  const options = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "PasswordAuthentication=no",
    "KbdInteractiveAuthentication=no",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "PermitLocalCommand=no",
    "ControlPath=none",
    "LogLevel=ERROR",
    `ConnectTimeout=${secondsOf(timeouts.connectMs)}`,
    // A remote that is gone without a word is given up after this long.
    `ServerAliveInterval=${secondsOf(timeouts.idleMs / 2)}`,
    "ServerAliveCountMax=2",
    ...(knownHostsFile === undefined
      ? []
      : [`UserKnownHostsFile=${sshPath(knownHostsFile)}`, "GlobalKnownHostsFile=/dev/null"]),
    ...(keyFile === undefined
      ? []
      : ["IdentitiesOnly=yes", "IdentityAgent=none", `IdentityFile=${sshPath(keyFile)}`]),
  ];
  // Git hands this to a shell.
  return [
    "ssh",
    "-F",
    "none",
    "-T",
    ...options.flatMap((option) => ["-o", shellWord(option)]),
  ].join(" ");
}

/** Looks at the files that `ssh` would pass over without a word. */
export async function checkSshFiles({ keyFile, knownHostsFile }: SshOptions): Promise<void> {
  if (knownHostsFile !== undefined) await statOf("file of known hosts", knownHostsFile);
  if (keyFile === undefined) return;
  const { mode, uid } = await statOf("key for SSH", keyFile);
  if ((mode & 0o077) !== 0 && uid === process.getuid?.()) {
    throw new SourceError(
      "source/auth-failed",
      `the key for SSH ${keyFile} may be read by others, so ssh does not use it; run chmod 600 ${keyFile}`,
    );
  }
}

async function statOf(what: string, file: string): Promise<{ mode: number; uid: number }> {
  try {
    return await stat(file);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw new SourceError(
      "source/auth-failed",
      `the ${what} cannot be read from ${file} (${reason}); check the file`,
      { cause },
    );
  }
}

function secondsOf(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/** A path as an option of `ssh`, which splits at blanks and replaces `%h`, `~` and `${NAME}`. */
function sshPath(path: string): string {
  if (/["\\$\x00-\x1f\x7f]/.test(path)) {
    throw new SourceError(
      "source/auth-failed",
      `ssh cannot be given the file ${JSON.stringify(path)}; use a path without quotes, $ and backslashes`,
    );
  }
  return `"${path.replaceAll("%", "%%")}"`;
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
