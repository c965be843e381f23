import { CommandError } from "./io.js";

/** More than this is no answer that a command asks for, in bytes. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** The text of an answer over HTTP. Throws `CommandError` where it does not come to an end. */
export async function readAnswer(response: {
  readonly body: AsyncIterable<Uint8Array> | null;
}): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxAnswerBytes) {
      throw new CommandError(`answers more than ${maxAnswerBytes / 1024 / 1024} MiB`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The JSON of an answer; undefined: whoever answers speaks something else. */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller knows whom it has asked, and says so
  }
}
