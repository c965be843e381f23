import { InvalidArgumentError, Option, type Command } from "commander";
import type { CommitDetail, CommitsResponse } from "../../admin/api-types.js";
import type { AdminServer } from "../admin/admin-client.js";
import { addHelp, type CommandContext } from "../add-command.js";
import { ExitCode } from "../io.js";
import { printable } from "../printable.js";
import { addServerOptions } from "./admin-options.js";

interface HistoryOptions extends AdminServer {
  readonly number: number;
  readonly json?: boolean;
}

/** `gloo history`: what became of the commits that a running control plane has seen. */
export function addHistoryCommand(program: Command, { io, finish }: CommandContext): void {
  const command = addServerOptions(program.command("history"))
    .summary("list commits, and what became of each")
    .description(
      "Lists the commits that a running control plane has judged, newest first: state, author, what each changes, and how long it took to judge it and to bring it to all Envoys. With a commit: all that is known of it.",
    )
    .argument("[commit]", "show this one in full; the first 4 digits or more are enough")
    .addOption(new Option("-n, --number <count>", "list so many").argParser(parseCount).default(20))
    .option("--json", "print the server's own JSON")
    .action(async (commit: string | undefined, options: HistoryOptions) => {
      const { getFromAdmin } = await import("../admin/admin-client.js");
      if (commit === undefined) {
        const { formatHistory } = await import("../admin/format-history.js");
        const path = `/api/v1/commits?limit=${options.number}`;
        const response = (await getFromAdmin(options, path, io)) as CommitsResponse;
        const text = formatHistory(printable(response.commits), io, Date.now());
        io.stdout(options.json ? `${JSON.stringify(response)}\n` : text);
        finish(ExitCode.Ok);
        return;
      }
      const { formatCommit } = await import("../admin/format-commit.js");
      const path = `/api/v1/commits/${encodeURIComponent(commit)}`;
      const detail = (await getFromAdmin(options, path, io)) as CommitDetail;
      const text = formatCommit(printable(detail), io.style, Date.now());
      io.stdout(options.json ? `${JSON.stringify(detail)}\n` : text);
      const isBad = detail.state === "rejected" || detail.state === "refused";
      finish(isBad ? ExitCode.Invalid : ExitCode.Ok);
    });
  addHelp(
    command,
    [
      { command: "gloo history -n 5", what: "The last five commits" },
      { command: "gloo history 1a2b3c4d", what: "One of them, with its diagnostics" },
      {
        command: "gloo history --json | jq '.commits[] | select(.state == \"rejected\").oid'",
        what: "Those that were rejected",
      },
    ],
    {
      0: "shown",
      1: "with a commit: it is rejected or refused",
      2: "the control plane could not be asked, or does not know the commit",
    },
  );
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 500) return count;
  throw new InvalidArgumentError("it is not 1 to 500.");
}
