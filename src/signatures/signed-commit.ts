/** A commit object taken apart into what was signed, and by what. */
export interface SignedCommit {
  /** The bytes that were signed: the object without the signature. */
  readonly payload: Buffer;
  /** As it stands in the header; undefined: the commit is not signed. */
  readonly signature: string | undefined;
  /** When the committer says that it was made, in seconds since 1970. */
  readonly committedS: number;
}

/** Signatures are of one or two kilobytes; those of hostile commits may be of any size. */
const maxSignatureBytes = 64 * 1024;

const newline = 0x0a;

/**
 * Takes a commit object apart as `git verify-commit` does. Undefined for one that Git itself would not
 * have made: readers may differ on what such a commit says, and what is read must be what was signed.
 */
export function parseSignedCommit(content: Buffer): SignedCommit | undefined {
  const headers = readHeaders(content);
  if (headers === undefined) return undefined;
  if (!/^tree( parent)* author committer( |$)/.test(headers.map(({ name }) => name).join(" "))) {
    return undefined;
  }
  const structural = new Set(["tree", "parent", "author", "committer"]);
  const firstExtra = headers.findIndex(({ name }) => name === "committer") + 1;
  if (headers.slice(firstExtra).some(({ name }) => structural.has(name))) return undefined;
  const committer = headers[firstExtra - 1]?.value.toString("utf8") ?? "";
  const committedS = Number(/> (\d{1,15}) [+-]\d{4}$/.exec(committer)?.[1]);
  if (!Number.isSafeInteger(committedS)) return undefined;

  const signatures = headers.filter(({ name }) => name === "gpgsig");
  const cut = headers.filter(({ name }) => name === "gpgsig" || name === "gpgsig-sha256");
  const [signature] = signatures;
  const isOne = signatures.length === 1 && (signature?.value.length ?? 0) <= maxSignatureBytes;
  if (signature !== undefined && !isOne) return undefined;
  return {
    payload: without(content, cut),
    signature: signature?.value.toString("latin1").replaceAll("\n ", "\n"),
    committedS,
  };
}

interface Header {
  readonly name: string;
  /** With the breaks and blanks of its further lines. */
  readonly value: Buffer;
  readonly start: number;
  /** Behind its last line break. */
  readonly end: number;
}

/** The headers up to the empty line; undefined if there is none, or a NUL byte among them. */
function readHeaders(content: Buffer): readonly Header[] | undefined {
  const headers: Header[] = [];
  for (let at = 0; content[at] !== newline;) {
    let end = content.indexOf(newline, at);
    while (end >= 0 && content[end + 1] === 0x20) end = content.indexOf(newline, end + 1);
    if (end < 0) return undefined;
    const line = content.subarray(at, end);
    const space = line.indexOf(0x20);
    if (space < 1 || line.includes(0)) return undefined;
    const name = line.toString("latin1", 0, space);
    headers.push({ name, value: line.subarray(space + 1), start: at, end: end + 1 });
    at = end + 1;
  }
  return headers;
}

function without(content: Buffer, headers: readonly Header[]): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { start, end } of headers) {
    parts.push(content.subarray(at, start));
    at = end;
  }
  return Buffer.concat([...parts, content.subarray(at)]);
}
