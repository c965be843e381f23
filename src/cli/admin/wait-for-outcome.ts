import { setTimeout as delay } from "node:timers/promises";
import type {
  CommitDetail,
  StatusResponse,
  TurnResponse,
  TurnView,
} from "../../admin/api-types.js";
import { formatDiagnosticsText } from "../../diagnostics/format-text.js";
import { CommandError, ExitCode, withProgress, type Io } from "../io.js";
import { printable } from "../printable.js";
import { getFromAdmin, type AdminServer } from "./admin-client.js";

/** What became of a commit in a turn that somebody asked for. */
export interface Outcome {
  readonly exitCode: ExitCode;
  /** For people; ends with a line break. */
  readonly text: string;
  /** For programs. */
  readonly turn: TurnView;
  readonly commit: CommitDetail | null;
}

export interface WaitOptions {
  /** Number of the turn. */
  readonly turn: number;
  /** The commit that it is about; undefined: what the branch names. */
  readonly commit?: string;
  readonly timeoutS: number;
}

const pollMs = 200;
const maxDiagnostics = 10;

/** Waits until a turn is over and its commit has come to rest. Throws {@link CommandError}. */
export function waitForOutcome(
  server: AdminServer,
  options: WaitOptions,
  io: Io,
): Promise<Outcome> {
  const endMs = Date.now() + options.timeoutS * 1000;
  /** Looks again and again until there is something to see. */
  const until = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() >= endMs) {
        throw new CommandError(
          `${what} within ${options.timeoutS} s; \`gloo status\` shows how things are`,
        );
      }
      await delay(pollMs, undefined, { signal: io.signal });
    }
  };
  return withProgress(io, "waiting for the control plane", async (progress) => {
    const turn = await until("the turn was not over", async () => {
      const path = `/api/v1/turns/${options.turn}`;
      return ((await getFromAdmin(server, path, io)) as TurnResponse).turn ?? undefined;
    });
    if (turn.result === "failed") return failed(turn);
    if (turn.result === "held" && turn.error !== null) return waiting(turn, turn.error.message);
    const oid = options.commit ?? (await headOf(server, io));
    if (oid === undefined) return failed(turn);
    progress.update(`waiting for commit ${oid.slice(0, 8)}`);
    const commit = await until(`commit ${oid.slice(0, 8)} did not come to rest`, async () => {
      const path = `/api/v1/commits/${oid}`;
      const detail = (await getFromAdmin(server, path, io)) as CommitDetail;
      return isAtRest(detail) ? detail : undefined;
    });
    return outcomeOf(turn, commit);
  });
}

async function headOf(server: AdminServer, io: Io): Promise<string | undefined> {
  const status = (await getFromAdmin(server, "/api/v1/status", io)) as StatusResponse;
  return status.head?.oid;
}

/** Whether nothing becomes of it without something new. */
function isAtRest({ state, reason }: CommitDetail): boolean {
  if (state === "accepted") return reason !== null;
  return state !== "seen" && state !== "validating" && state !== "publishing";
}

function failed(turn: TurnView): Outcome {
  const why = turn.error?.message ?? "no commit is known yet";
  return { exitCode: ExitCode.Failed, text: `the turn failed: ${why}\n`, turn, commit: null };
}

/** Something is in the way of all commits, such as a full disk; the control plane tries again. */
function waiting(turn: TurnView, why: string): Outcome {
  const name = turn.commit === null ? "" : ` ${turn.commit.slice(0, 8)}`;
  const text = `commit${name} is good, and waits: ${printable(why)}\n`;
  return { exitCode: ExitCode.Invalid, text, turn, commit: null };
}

function outcomeOf(turn: TurnView, commit: CommitDetail): Outcome {
  const { oid, state, reason, hold, diagnostics, errors } = printable(commit);
  const isGood = state === "live" || state === "superseded";
  const is = hold === null ? `is ${state}` : "is good, and waits";
  const shown = diagnostics.filter(({ severity }) => severity === "error").slice(0, maxDiagnostics);
  const more = errors - shown.length;
  const text = [
    `commit ${oid.slice(0, 8)} ${is}${reason === null ? "" : `: ${reason}`}\n`,
    ...(isGood || shown.length === 0 ? [] : [formatDiagnosticsText(shown)]),
    ...(isGood || more <= 0 ? [] : [`and ${more} more: gloo history ${oid.slice(0, 8)}\n`]),
  ].join("");
  return { exitCode: isGood ? ExitCode.Ok : ExitCode.Invalid, text, turn, commit };
}
