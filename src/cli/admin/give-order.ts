import type { OrderResponse, ReconcileResponse } from "../../admin/api-types.js";
import { ExitCode, type Io } from "../io.js";
import { printable } from "../printable.js";
import { AdminRefusal, postToAdmin, type AdminServer } from "./admin-client.js";
import { waitForOutcome } from "./wait-for-outcome.js";

/** What a command asks for, and how it is to answer. */
export interface OrderRequest {
  readonly server: AdminServer;
  readonly path: string;
  readonly body: object;
  /** Wait until it is done. */
  readonly waits: boolean;
  readonly timeoutS: number;
  readonly json: boolean;
}

/** Asks a running control plane to do something, and says what became of it. */
export async function giveOrder(request: OrderRequest, io: Io): Promise<ExitCode> {
  const { server, path, body, waits, timeoutS, json } = request;
  let answer: OrderResponse | ReconcileResponse;
  try {
    answer = (await postToAdmin(server, path, body, io)) as OrderResponse | ReconcileResponse;
  } catch (cause) {
    if (!(cause instanceof AdminRefusal) || cause.status >= 500) throw cause;
    io.stderr(`gloo: ${printable(cause.message)}\n`);
    return ExitCode.Invalid;
  }
  if (!waits) {
    io.stdout(json ? `${JSON.stringify(answer)}\n` : `${printable(answer.message)}\n`);
    return ExitCode.Ok;
  }
  if (!json) io.stdout(`${printable(answer.message)}\n`);
  const commit = "commit" in answer && answer.commit !== null ? { commit: answer.commit } : {};
  const outcome = await waitForOutcome(server, { turn: answer.turn, ...commit, timeoutS }, io);
  const { exitCode, text, ...rest } = outcome;
  io.stdout(
    json
      ? `${JSON.stringify({ ...answer, ...rest, turn: answer.turn, outcome: rest.turn })}\n`
      : text,
  );
  return exitCode;
}
