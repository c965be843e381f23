import type { SealedFile } from "../parse/sealed-file.js";
import { readSopsFile, type FaultySopsFile, type SopsFile } from "./sops/sops-file.js";

const known = new WeakMap<SealedFile, SopsFile | FaultySopsFile>();

/** What can be known of an encrypted file without a key. Remembered as long as the file is the same. */
export function readSealedFile(file: SealedFile): SopsFile | FaultySopsFile {
  let read = known.get(file);
  if (read === undefined) {
    const text = new TextDecoder().decode(file.file.bytes);
    read = readSopsFile(text, file.file.name.toLowerCase().endsWith(".json"));
    known.set(file, read);
  }
  return read;
}
