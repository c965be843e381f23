import { encodePacket, flushPacket, readPackets, truncated } from "../source/pkt-line.js";
import { encodePack } from "./encode-pack.js";
import type { Publication } from "./writable-repository.js";

/** What a server said to a push. */
export interface PushReport {
  /** Undefined: accepted. */
  readonly refusal: string | undefined;
  /** What hooks and the server printed for the person who pushes. */
  readonly remoteLines: readonly string[];
}

const noCommit = "0".repeat(40);
const progressBand = 2;
const errorBand = 3;
const maxRemoteLines = 100;

/** The request of a push: one command and a pack (gitprotocol-pack, "Reference Update Request"). */
export function encodePush(publication: Publication): Buffer {
  const { ref, before = noCommit, commit, objects } = publication;
  const command = `${before} ${commit} ${ref}\0 report-status side-band-64k agent=gloo-gitops`;
  return Buffer.concat([
    encodePacket(Buffer.from(command, "utf8")),
    flushPacket,
    encodePack(objects),
  ]);
}

/** Reads the answer to a push. Throws a `SourceError` for one that is cut off. */
export async function readPushReport(body: AsyncIterable<Uint8Array>): Promise<PushReport> {
  const report: Buffer[] = [];
  const said: Buffer[] = [];
  let fatal: string | undefined;
  for await (const packet of readPackets(body)) {
    if (packet.kind !== "data") continue;
    const band = packet.data[0];
    const data = packet.data.subarray(1);
    if (band === progressBand) said.push(data);
    else if (band === errorBand) fatal = data.toString("utf8").trim();
    else report.push(band === 1 ? data : packet.data);
  }
  const remoteLines = linesOf(Buffer.concat(said).toString("utf8"));
  if (fatal !== undefined) return { refusal: fatal, remoteLines };
  return { refusal: await refusalIn(Buffer.concat(report)), remoteLines };
}

async function refusalIn(report: Buffer): Promise<string | undefined> {
  let unpacked = false;
  for await (const packet of readPackets(onePart(report))) {
    if (packet.kind !== "data") continue;
    const line = packet.data.toString("utf8").trimEnd();
    if (line.startsWith("unpack ")) {
      if (line !== "unpack ok") return line;
      unpacked = true;
    } else if (line.startsWith("ng ")) {
      return line.replace(/^ng \S+ ?/, "") || "refused";
    }
  }
  if (!unpacked) throw truncated();
  return undefined;
}

/** The lines that a terminal would show in the end: progress that was overwritten is left out. */
function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/^.*\r(?=.)/, "").replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, ""))
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(0, maxRemoteLines);
}

async function* onePart(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
