/** What a check of a commit's signature comes to. */
export type SignatureVerdict = VerifiedSignature | RefusedSignature;

/** Somebody whom the policy names has signed exactly these bytes. */
export interface VerifiedSignature {
  readonly kind: "verified";
  readonly format: "ssh" | "openpgp";
  /** The principal of the allowed-signers file, or the user id of the key. */
  readonly by: string;
  /** `SHA256:…` of an SSH key, the fingerprint of an OpenPGP key. */
  readonly keyId: string;
}

/** Why a commit counts as signed by nobody. */
export interface RefusedSignature {
  readonly kind: "refused";
  readonly code: SignatureFault;
  /** One sentence, with what to do next. */
  readonly reason: string;
}

/** For programs; documented in docs/tasks/sign-commits.md. */
export type SignatureFault =
  | "signature/missing"
  | "signature/unknown-key"
  | "signature/bad"
  | "signature/expired-key"
  | "signature/revoked-key"
  | "signature/unsupported";

/** A refusal. */
export function refuse(code: SignatureFault, reason: string): RefusedSignature {
  return { kind: "refused", code, reason };
}

/** A file or a program that the policy needs cannot be used: nothing can be said of any commit. */
export class SignaturePolicyError extends Error {
  override readonly name = "SignaturePolicyError";
  readonly code = "signature/policy";
}
