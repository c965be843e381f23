import { readPackets, truncated } from "./pkt-line.js";
import { SourceError } from "./source-error.js";

/**
 * Checks that a list of refs (of protocol 1 or 2) came whole: isomorphic-git takes one that was cut
 * off for a shorter one, in which branches are missing. A whole one ends with a flush packet; one of
 * protocol 1 has another after its first line.
 */
export async function checkAdvertisement(
  bytes: Buffer,
  empty: "may be empty" | "has packets" = "has packets",
): Promise<void> {
  let packets = 0;
  let flushes = 0;
  let flushesDue = 1;
  let last: string | undefined;
  for await (const packet of readPackets(onePart(bytes))) {
    last = packet.kind;
    if (packet.kind === "flush") flushes++;
    if (packet.kind !== "data") continue;
    packets++;
    const line = packet.data.toString("latin1");
    if (packets === 1 && line.startsWith("# service=")) flushesDue = 2;
    if (line.startsWith("ERR ")) throw refusalOf(line.slice(4));
    if (/[\0 \n]object-format=sha256/.test(`\n${line}`)) throw unsupportedFormat();
  }
  if (last !== "flush" || flushes < flushesDue) throw truncated();
  if (packets === 0 && empty === "has packets") throw truncated();
}

/** The error for what a Git server says when it does not do what it is asked. */
export function refusalOf(said: string): SourceError {
  const text = said.replace(/[\x00-\x1f\x7f]+/g, " ").trim();
  return new SourceError(
    "source/protocol",
    `the remote refused: ${text.slice(0, 200)}; it will be tried again`,
  );
}

function unsupportedFormat(): SourceError {
  return new SourceError(
    "source/protocol",
    "the repository uses SHA-256 object names, which are not supported; use one with SHA-1",
  );
}

async function* onePart(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
