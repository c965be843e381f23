import { stat } from "node:fs/promises";
import { readKeyring, verifyOpenPgpSignature, type Keyring } from "./openpgp-signature.js";
import { parseSignedCommit } from "./signed-commit.js";
import { refuse, SignaturePolicyError, type SignatureVerdict } from "./signature-verdict.js";
import { verifySshSignature } from "./ssh-signature.js";

/** Whose signatures count. At least one of the files is given. */
export interface SignatureCheckerOptions {
  /** SSH keys, in the format of ssh-keygen(1), "ALLOWED SIGNERS". */
  readonly allowedSignersFile?: string | undefined;
  /** OpenPGP public keys, armored or binary. */
  readonly keyringFile?: string | undefined;
  /** Gives a commit object as Git stores it. */
  readonly readCommit: (oid: string, signal: AbortSignal) => Promise<Buffer>;
  /** `PATH` in it says where `ssh-keygen` is found. */
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
}

/** Says who has signed commits. */
export interface SignatureChecker {
  /** Reads the files. Throws a {@link SignaturePolicyError} for what cannot be used. */
  load(): Promise<void>;
  /**
   * Judges one commit, whatever it holds. Throws a {@link SignaturePolicyError} where nothing can be
   * said, and what `readCommit` throws. Files that have changed are read again.
   */
  check(oid: string, signal: AbortSignal): Promise<SignatureVerdict>;
}

const rememberedVerdicts = 1_000;

/** Makes a checker. It reads nothing before it is asked. */
export function createSignatureChecker(options: SignatureCheckerOptions): SignatureChecker {
  const { allowedSignersFile, keyringFile, readCommit, env, now } = options;
  const files = [allowedSignersFile, keyringFile].filter((file) => file !== undefined);
  /** Of the files that `keyring` and `verdicts` were made with. */
  let edition = "";
  let keyring: Keyring | undefined;
  const verdicts = new Map<string, SignatureVerdict>();

  async function load(): Promise<void> {
    const current = (await Promise.all(files.map(editionOf))).join();
    if (current === edition) return;
    keyring = keyringFile === undefined ? undefined : await readKeyring(keyringFile);
    verdicts.clear();
    edition = current;
  }

  async function judge(oid: string, signal: AbortSignal): Promise<SignatureVerdict> {
    const commit = parseSignedCommit(await readCommit(oid, signal));
    if (commit === undefined) {
      return refuse("signature/bad", "it is not formed as Git forms commits; make it again");
    }
    const { signature } = commit;
    if (signature === undefined) {
      return refuse("signature/missing", "it is not signed; sign it (git commit --amend -S)");
    }
    if (signature.startsWith("-----BEGIN SSH SIGNATURE-----")) {
      if (allowedSignersFile !== undefined) {
        return verifySshSignature(commit, { allowedSignersFile, env }, signal);
      }
      const reason = "it has an SSH signature, and no SSH keys are allowed; sign it with OpenPGP";
      return refuse("signature/unknown-key", reason);
    }
    if (/^-----BEGIN PGP (SIGNATURE|MESSAGE)-----/.test(signature)) {
      if (keyring !== undefined) return verifyOpenPgpSignature(commit, keyring, new Date(now()));
      const reason =
        "it has an OpenPGP signature, and there is no keyring; sign it with an SSH key";
      return refuse("signature/unknown-key", reason);
    }
    const reason = "its signature is neither of SSH nor of OpenPGP; sign it with one of these";
    return refuse("signature/unsupported", reason);
  }

  return {
    load,
    async check(oid, signal) {
      await load();
      const known = verdicts.get(oid);
      if (known !== undefined) return known;
      const verdict = await judge(oid, signal);
      for (const oldest of verdicts.keys()) {
        if (verdicts.size < rememberedVerdicts) break;
        verdicts.delete(oldest);
      }
      verdicts.set(oid, verdict);
      return verdict;
    },
  };
}

async function editionOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(file);
    return [ino, size, mtimeMs].join(" ");
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    const message = `${file}, which says whose signatures count, cannot be read (${why}); check the file`;
    throw new SignaturePolicyError(message, { cause });
  }
}
