import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printableText } from "../lib/printable-text.js";
import { runProgramToEnd, type ProgramResult } from "../lib/run-program.js";
import type { SignedCommit } from "./signed-commit.js";
import { refuse, SignaturePolicyError, type SignatureVerdict } from "./signature-verdict.js";

/** What SSH signatures are judged by. */
export interface SshVerifierOptions {
  /** In the format of ssh-keygen(1), "ALLOWED SIGNERS". */
  readonly allowedSignersFile: string;
  /** `PATH` in it says where `ssh-keygen` is found; nothing else is used. */
  readonly env: NodeJS.ProcessEnv;
}

/** What Git signs commits as, so that a signature of a file or of a mail is not one of a commit. */
const namespace = "git";
const maxOutputBytes = 64 * 1024;
/** Names that one key may go by; more are a mistake of the file, or would only cost time. */
const maxPrincipals = 16;

/** Judges a signature by `ssh-keygen -Y`, asked as Git asks it: at the commit's own time, without a shell. */
export async function verifySshSignature(
  { payload, signature = "", committedS }: SignedCommit,
  { allowedSignersFile, env }: SshVerifierOptions,
  signal: AbortSignal,
): Promise<SignatureVerdict> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-signature-"));
  try {
    const file = join(folder, "signature");
    await writeFile(file, signature, { encoding: "latin1", mode: 0o600 });
    const ask = (
      args: readonly string[],
      input: Uint8Array | string = "",
    ): Promise<ProgramResult> => runKeygen([...args, "-s", file], { input, env, signal });
    const time = `-Overify-time=${timestampOf(committedS)}`;

    const sound = await ask(["-Y", "check-novalidate", "-n", namespace], payload);
    if (sound.code !== 0) {
      return refuse("signature/bad", "its SSH signature does not fit the commit; sign it again");
    }
    const keyId = /\bSHA256:[A-Za-z0-9+/]+/.exec(sound.stdout.toString("utf8"))?.[0] ?? "?";
    const found = await ask(["-Y", "find-principals", "-f", allowedSignersFile, time]);
    if (found.code !== 0) return explain(found.stderr, keyId, allowedSignersFile);
    const principals = found.stdout.toString("utf8").split("\n").filter(Boolean);
    let complaint = "";
    for (const principal of principals.slice(0, maxPrincipals)) {
      const who = ["-I", principal, "-f", allowedSignersFile];
      const verified = await ask(["-Y", "verify", "-n", namespace, ...who, time], payload);
      if (verified.code === 0) {
        return { kind: "verified", format: "ssh", by: printableText(principal), keyId };
      }
      complaint = verified.stderr;
    }
    return explain(complaint, keyId, allowedSignersFile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Why a sound signature is not one of somebody who may sign. */
function explain(stderr: string, keyId: string, file: string): SignatureVerdict {
  if (/Unable to open allowed keys file/i.test(stderr)) {
    throw new SignaturePolicyError(
      `the allowed-signers file ${file} cannot be read; check the file`,
    );
  }
  if (stderr.includes("key has expired")) {
    const reason = `the SSH key ${keyId} was not valid any more when the commit was made; sign it with another`;
    return refuse("signature/expired-key", reason);
  }
  if (stderr.includes("not yet valid")) {
    const reason = `the SSH key ${keyId} was not valid yet when the commit was made; check the clock, or the valid-after of its line`;
    return refuse("signature/expired-key", reason);
  }
  if (stderr.includes("not permitted for use in signature namespace")) {
    const reason = `the SSH key ${keyId} may not sign commits; add "git" to the namespaces of its line`;
    return refuse("signature/unknown-key", reason);
  }
  const reason = `it is signed with the SSH key ${keyId}, which is nobody's in the allowed-signers file; add its line if it may sign`;
  return refuse("signature/unknown-key", reason);
}

async function runKeygen(
  args: readonly string[],
  run: { input: Uint8Array | string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<ProgramResult> {
  const { PATH } = run.env;
  const env = { ...(PATH === undefined ? {} : { PATH }), LC_ALL: "C", TZ: "UTC" };
  try {
    return await runProgramToEnd("ssh-keygen", args, { ...run, env, maxOutputBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    const message =
      "ssh-keygen is not on the PATH, and SSH signatures are verified by it; install openssh-client";
    throw new SignaturePolicyError(message, { cause });
  }
}

/** `YYYYMMDDHHMMSS` in UTC, which is the time zone that `ssh-keygen` is run in. */
function timestampOf(seconds: number): string {
  const lastS = Date.UTC(9999, 0) / 1000;
  const time = new Date(Math.min(seconds, lastS) * 1000).toISOString();
  return time.slice(0, 19).replace(/[-:T]/g, "");
}
