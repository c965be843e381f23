import { createDecipheriv } from "node:crypto";

/** A value as SOPS writes it: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`. */
export interface Ciphertext {
  readonly data: Buffer;
  readonly iv: Buffer;
  readonly tag: Buffer;
  readonly type: CiphertextType;
}

const types = ["str", "int", "float", "bool", "bytes", "time", "comment"] as const;
export type CiphertextType = (typeof types)[number];

const form = /^ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:([a-z]+)\]$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** A shorter tag could be guessed. */
const tagBytes = 16;

/** Whether somebody meant it to be encrypted. */
export function looksEncrypted(text: string): boolean {
  return text.startsWith("ENC[");
}

/** Reads an encrypted value; undefined if it is none. */
export function parseCiphertext(text: string): Ciphertext | undefined {
  const match = form.exec(text);
  const [data, iv, tag] = match?.slice(1, 4) ?? [];
  const type = types.find((known) => known === match?.[4]);
  if (data === undefined || iv === undefined || tag === undefined || type === undefined) {
    return undefined;
  }
  if (![data, iv, tag].every((part) => base64.test(part))) return undefined;
  const [dataBytes, ivBytes, tagBuffer] = [data, iv, tag].map((part) =>
    Buffer.from(part, "base64"),
  ) as [Buffer, Buffer, Buffer];
  if (tagBuffer.length !== tagBytes || ivBytes.length === 0) return undefined;
  return { data: dataBytes, iv: ivBytes, tag: tagBuffer, type };
}

/**
 * What is encrypted; undefined if it was made with another key, for another place (`context` is the
 * place), or changed since.
 */
export function decrypt(
  { data, iv, tag }: Ciphertext,
  key: Uint8Array,
  context: string,
): Buffer | undefined {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(context, "utf8"));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch {
    // All that OpenSSL says of it is that it is not authentic.
    return undefined;
  }
}
