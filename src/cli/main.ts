#!/usr/bin/env node
import process from "node:process";
import { runProgram } from "./program.js";
import { createProcessIo } from "./process-io.js";

// The only file that touches the process: argv in, exit code out.

const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    // The second time, whoever sends it has waited long enough.
    if (interrupted.signal.aborted) process.exit(name === "SIGINT" ? 130 : 143);
    interrupted.abort(new Error(`ended by ${name}`));
  });
}
// Writing beyond the limit on the size of files (`ulimit -f`) ends a process by this signal before it sees the
// error, which is handled like a full disk.
if (process.platform !== "win32") process.on("SIGXFSZ", () => undefined);
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`gloo render | head`) is no failure.
    if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
    throw error;
  });
}

const io = createProcessIo(
  {
    argv: process.argv,
    env: process.env, // eslint-disable-line no-restricted-properties -- handed to app/settings.ts
    get stdin() {
      return process.stdin; // opened only by who reads it
    },
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: () => process.cwd(),
  },
  interrupted.signal,
);
process.exitCode = await runProgram(process.argv.slice(2), io);
// What was written must reach its reader before the process ends with what is still open in it.
await Promise.all([process.stdout, process.stderr].map(drained));
process.exit();

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write("", () => resolve()));
}
