import { readFile } from "node:fs/promises";
import type * as OpenPgp from "openpgp";
import { printableText } from "../lib/printable-text.js";
import type { SignedCommit } from "./signed-commit.js";
import { refuse, SignaturePolicyError, type SignatureVerdict } from "./signature-verdict.js";

/** Whose OpenPGP signatures count. */
export type Keyring = readonly OpenPgp.PublicKey[];

/** Loaded where a keyring is set, and not before: it is large. */
const load = (): Promise<typeof OpenPgp> => import("openpgp");

const armorHead = "-----BEGIN PGP";

/** Reads a file of public keys, armored (one block or several) or binary, as `gpg --export` writes it. */
export async function readKeyring(file: string): Promise<Keyring> {
  const openpgp = await load();
  try {
    const bytes = await readFile(file);
    const text = bytes.toString("latin1");
    const blocks = text
      .split(/^(?=-----BEGIN PGP)/m)
      .filter((block) => block.startsWith(armorHead));
    const keys: OpenPgp.Key[] = [];
    for (const armoredKeys of blocks) keys.push(...(await openpgp.readKeys({ armoredKeys })));
    if (blocks.length === 0) keys.push(...(await openpgp.readKeys({ binaryKeys: bytes })));
    if (keys.length > 0) return keys.map((key) => key.toPublic());
    throw new Error("it holds no key");
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    const message = `the keyring ${file} cannot be used (${printableText(why)}); write it with gpg --export --armor`;
    throw new SignaturePolicyError(message, { cause });
  }
}

/**
 * Judges a signature as `git verify-commit` does: by the key as it is at `now`. A key that has expired
 * or was revoked vouches for nothing any more, since who has it can date a signature back.
 */
export async function verifyOpenPgpSignature(
  { payload, signature = "" }: SignedCommit,
  keyring: Keyring,
  now: Date,
): Promise<SignatureVerdict> {
  const openpgp = await load();
  const armored = await openpgp
    .readSignature({ armoredSignature: signature })
    // Bytes that are no signature: whatever the parser says, it is the commit that is wrong.
    .catch(() => undefined);
  // Git, too, takes no two signatures for one.
  if (armored?.packets.length !== 1) {
    return refuse("signature/bad", "its OpenPGP signature cannot be read; sign it again");
  }
  const [keyId] = armored.getSigningKeyIDs();
  const signers = keyring.filter((key) => keyId !== undefined && key.getKeys(keyId).length > 0);
  const id = keyId?.toHex().toUpperCase() ?? "?";
  if (keyId === undefined || signers.length === 0) {
    const reason = `it is signed with the OpenPGP key ${id}, which is not in the keyring; add it if it may sign`;
    return refuse("signature/unknown-key", reason);
  }
  const message = await openpgp.createMessage({ binary: payload });
  let verdict: SignatureVerdict | undefined;
  for (const key of signers) {
    const refusal = await refusalOfKey(key, keyId, now);
    verdict = refusal ?? (await judgeBy(key));
    if (verdict.kind === "verified") return verdict;
  }
  return verdict ?? refuse("signature/bad", "its OpenPGP signature cannot be judged");

  async function judgeBy(key: OpenPgp.PublicKey): Promise<SignatureVerdict> {
    try {
      const { signatures } = await openpgp.verify({
        message,
        signature: await openpgp.readSignature({ armoredSignature: signature }),
        verificationKeys: [key],
        date: now,
      });
      await Promise.all(signatures.map(({ verified }) => verified));
      const { user } = await key.getPrimaryUser(now);
      return {
        kind: "verified",
        format: "openpgp",
        by: printableText(user.userID?.userID ?? id),
        keyId: key.getFingerprint().toUpperCase(),
      };
    } catch (cause) {
      const why = printableText(cause instanceof Error ? cause.message : String(cause)).slice(
        0,
        120,
      );
      const reason = `its signature with the OpenPGP key ${id} does not fit the commit (${why}); sign it again`;
      return refuse("signature/bad", reason);
    }
  }
}

/** Why a key, or the part of it that has signed, is of no use at a time; undefined: it is. */
async function refusalOfKey(
  key: OpenPgp.PublicKey,
  keyId: OpenPgp.KeyID,
  now: Date,
): Promise<SignatureVerdict | undefined> {
  const id = keyId.toHex().toUpperCase();
  try {
    if (await key.isRevoked(undefined, undefined, now)) {
      return refuse(
        "signature/revoked-key",
        `the OpenPGP key ${id} was revoked; sign with another`,
      );
    }
    await key.verifyPrimaryKey(now);
    await key.getSigningKey(keyId, now);
    return undefined;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (/revoked/i.test(why)) {
      return refuse(
        "signature/revoked-key",
        `the OpenPGP key ${id} was revoked; sign with another`,
      );
    }
    if (/expired/i.test(why)) {
      const reason = `the OpenPGP key ${id} has expired; extend it and renew it in the keyring, or sign with another`;
      return refuse("signature/expired-key", reason);
    }
    const reason = `the OpenPGP key ${id} may not sign (${printableText(why).slice(0, 120)}); sign with another`;
    return refuse("signature/unknown-key", reason);
  }
}
