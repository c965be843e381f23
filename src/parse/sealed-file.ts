import type { Origin } from "../model/location.js";
import type { SourceFile } from "../source/source-tree.js";
import { placesOf } from "./file-places.js";

/** An encrypted file below a folder named `secrets`. Unchanged files are the same object. */
export interface SealedFile {
  /** What config calls the secret: the name of the file, without its endings. */
  readonly ref: string;
  readonly file: SourceFile;
  /** Places in its first document. */
  readonly origin: Origin;
}

/** `pets.yaml`, and what is usual for encrypted files: `pets.sops.yaml`, `pets.enc.json`. */
const endings = /(?:\.(?:sops|enc))?\.(?:ya?ml|json)$/i;

/** An encrypted file, as config refers to it. */
export function sealedFileOf(file: SourceFile): SealedFile {
  const places = placesOf(file);
  return {
    ref: file.name.replace(endings, ""),
    file,
    origin: {
      file: file.path,
      locate: (pointer, at = "value") => places().locate(0, pointer, at),
    },
  };
}
