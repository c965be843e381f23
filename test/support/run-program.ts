import { runProgram } from "../../src/cli/program.js";
import type { Io } from "../../src/cli/io.js";
import type { CliResult } from "./cli.js";
import { recordingIo } from "./recording-io.js";

/** Runs a command in this process, as from a pipe. */
export async function runCommand(
  args: readonly string[],
  changes: Partial<Io> = {},
): Promise<CliResult> {
  const io = recordingIo({ env: process.env, ...changes });
  const code = await runProgram(args, io);
  return { code, stdout: io.out(), stderr: io.err() };
}
