import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthoringError } from "./authoring-error.js";
import type { CommitSigner } from "./encode-commit.js";
import { lastLines, runProgram, type ProgramResult } from "./run-git.js";

/** What a commit is signed with, as Git's `gpg.format` and `user.signingKey` say. */
export type SigningKey =
  | {
      readonly format: "ssh";
      /** The file of a private key, or of a public one whose private key an agent holds. */
      readonly keyFile: string;
      /** Default: `ssh-keygen`. */
      readonly program?: string;
    }
  | {
      readonly format: "openpgp";
      /** A key id, a fingerprint or an address. Default: gpg's own default key. */
      readonly key?: string;
      /** Default: `gpg`. */
      readonly program?: string;
    };

/** A signer that runs the program which Git would run. It asks nobody for a passphrase on stdin. */
export function createCommitSigner(key: SigningKey): CommitSigner {
  return key.format === "ssh"
    ? (commit, signal) => signBySsh(key.program ?? "ssh-keygen", key.keyFile, commit, signal)
    : (commit, signal) => signByGpg(key.program ?? "gpg", key.key, commit, signal);
}

async function signBySsh(
  program: string,
  keyFile: string,
  commit: Buffer,
  signal: AbortSignal,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-sign-"));
  try {
    const file = join(folder, "commit");
    await writeFile(file, commit);
    const args = ["-Y", "sign", "-n", "git", "-f", keyFile, file];
    requireSuccess(program, await run(program, args, folder, signal));
    return await readFile(`${file}.sig`, "utf8");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function signByGpg(
  program: string,
  key: string | undefined,
  commit: Buffer,
  signal: AbortSignal,
): Promise<string> {
  const user = key === undefined ? [] : ["--local-user", key];
  const args = ["--batch", "--no-tty", "--armor", "--detach-sign", ...user];
  const result = await run(program, args, tmpdir(), signal, commit);
  requireSuccess(program, result);
  return result.stdout;
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
  input?: Buffer,
): Promise<ProgramResult> {
  try {
    return await runProgram(program, args, { cwd, signal, ...(input ? { input } : {}) });
  } catch (cause) {
    if (signal.aborted) throw cause;
    const message = `the commit cannot be signed: ${program} could not be run; install it`;
    throw new AuthoringError("authoring/signing-failed", message, { cause });
  }
}

function requireSuccess(program: string, { code, stderr }: ProgramResult): void {
  if (code === 0) return;
  throw new AuthoringError(
    "authoring/signing-failed",
    `the commit cannot be signed: ${program}: ${lastLines(stderr)}`,
  );
}
