import { isUtf8 } from "node:buffer";

/** The text of a file, or where it stops being text. */
export type DecodedText =
  | { readonly text: string }
  | {
      /** The part before `offset`. */
      readonly text: string;
      readonly fault: { readonly encoding?: string };
    };

const utf8 = new TextDecoder("utf-8");

/** Decodes UTF-8, without its byte order mark if it has one. */
export function decodeText(bytes: Uint8Array): DecodedText {
  if (isUtf8(bytes)) return { text: utf8.decode(bytes) };
  const encoding = byteOrderMarkOf(bytes);
  if (encoding !== undefined) return { text: "", fault: { encoding } };
  return { text: utf8.decode(bytes.subarray(0, validLength(bytes))), fault: {} };
}

/** How many bytes are valid UTF-8 from the start. */
function validLength(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    // A cut within a character is not a fault: its start is looked at too.
    if (isUtf8(bytes.subarray(0, characterStart(bytes, middle)))) valid = middle;
    else invalid = middle;
  }
  return characterStart(bytes, valid);
}

function characterStart(bytes: Uint8Array, offset: number): number {
  let start = offset;
  for (let back = 0; back < 4 && start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80; back++)
    start--;
  return start;
}

function byteOrderMarkOf(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "UTF-16 (little endian)";
  if (first === 0xfe && second === 0xff) return "UTF-16 (big endian)";
  return undefined;
}
