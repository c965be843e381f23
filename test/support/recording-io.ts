import { createStyle, type Io } from "../../src/cli/io.js";

/** An {@link Io} that keeps what it is told. */
export interface RecordingIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  readonly progressLines: readonly string[];
}

/** An Io of a pipe, without colours; `changes` make it something else. */
export function recordingIo(changes: Partial<Io> = {}): RecordingIo {
  const written = { out: "", err: "" };
  const progressLines: string[] = [];
  return {
    stdout: (text) => void (written.out += text),
    stderr: (text) => void (written.err += text),
    stdin: () => Promise.resolve(Buffer.alloc(0)),
    isTerminal: false,
    columns: undefined,
    style: createStyle(false),
    progress(text) {
      progressLines.push(text);
      return {
        update: (next) => void progressLines.push(next),
        stop: () => void progressLines.push("(gone)"),
      };
    },
    env: {},
    cwd: process.cwd(),
    signal: new AbortController().signal,
    ...changes,
    out: () => written.out,
    err: () => written.err,
    progressLines,
  };
}
