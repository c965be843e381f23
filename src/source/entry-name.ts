/** A name of a tree entry that is safe to show and to use as part of a path, or what to show instead. */
export type EntryName =
  { readonly safe: true; readonly name: string } | { readonly safe: false; readonly name: string };

const maxNameBytes = 255;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** Control characters; those that change the direction of text or have no width; path separators. */
const dangerous =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff/\\]/;
/** Names that open a device on Windows, with any extension. */
const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|:|$)/i;
/** What Windows or macOS would take for Git's own folder. */
const gitFolder = /^(\.git|git~[0-9]+)[ .]*(:|$)/i;

/** Reads the name of a tree entry. A repository may hold any bytes there; few of them are honest. */
export function readEntryName(bytes: Uint8Array): EntryName {
  const name = decode(bytes);
  if (name === undefined) return { safe: false, name: lenient.decode(bytes) };
  return { safe: isSafeName(name) && bytes.length <= maxNameBytes, name };
}

/** Whether a name means the same harmless thing everywhere. */
export function isSafeName(name: string): boolean {
  if (name === "" || name === "." || name === "..") return false;
  if (dangerous.test(name) || device.test(name) || gitFolder.test(name)) return false;
  // Windows drops these at the end, so that two names become one.
  return !/[. ]$/.test(name);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    // Not UTF-8: the caller shows a replacement.
    return undefined;
  }
}
