import type { Command } from "commander";
import { addHelp, type CommandContext, type Example } from "../add-command.js";
import { addOrderOptions, type OrderOptions } from "./order-options.js";

/** One command that tells a running control plane what to keep to. */
interface OrderCommand {
  /** Also the last part of the API's path. */
  readonly name: "pin" | "unpin" | "suspend" | "resume" | "approve";
  readonly takesCommit: boolean;
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly Example[];
}

const pin: OrderCommand = {
  name: "pin",
  takesCommit: true,
  summary: "serve a certain commit, whatever the branch says",
  description:
    "Has a running control plane serve a certain good commit of the branch, whatever is newer, until `gloo unpin`. Newer commits are still judged, and wait. Also after a restart.",
  examples: [
    {
      command: 'gloo pin 1a2b3c4d --reason "the new timeouts are too short" --wait',
      what: "Go back to what was good, and stay there",
    },
  ],
};
const unpin: OrderCommand = {
  name: "unpin",
  takesCommit: false,
  summary: "end a pin: the newest good commit goes live",
  description: "Ends what `gloo pin` began: the newest good commit goes live.",
  examples: [{ command: "gloo unpin --wait", what: "Until the newest good commit is live" }],
};
const suspend: OrderCommand = {
  name: "suspend",
  takesCommit: false,
  summary: "let nothing new go live",
  description:
    "Has a running control plane let nothing new go live until `gloo resume`. Commits are still fetched and judged, and what Envoys refuse is still taken back. Also after a restart.",
  examples: [{ command: 'gloo suspend --reason "an incident"', what: "Keep things as they are" }],
};
const resume: OrderCommand = {
  name: "resume",
  takesCommit: false,
  summary: "end a suspension: the newest good commit goes live",
  description: "Ends what `gloo suspend` began: the newest good commit goes live.",
  examples: [{ command: "gloo resume --wait", what: "Until the newest good commit is live" }],
};
const approve: OrderCommand = {
  name: "approve",
  takesCommit: true,
  summary: "let a commit go live that a guard holds",
  description:
    "Lets a good commit go live that a guard holds: one that takes most of the config away, that comes on a rewritten history, or outside of the change windows.",
  examples: [
    { command: "gloo approve 1a2b3c4d", what: "It is meant" },
    { command: "gloo status", what: "What waits, and why" },
  ],
};

export function addPinCommand(program: Command, context: CommandContext): void {
  addOrderCommand(program, context, pin);
}

export function addUnpinCommand(program: Command, context: CommandContext): void {
  addOrderCommand(program, context, unpin);
}

export function addSuspendCommand(program: Command, context: CommandContext): void {
  addOrderCommand(program, context, suspend);
}

export function addResumeCommand(program: Command, context: CommandContext): void {
  addOrderCommand(program, context, resume);
}

export function addApproveCommand(program: Command, context: CommandContext): void {
  addOrderCommand(program, context, approve);
}

function addOrderCommand(
  program: Command,
  { io, finish }: CommandContext,
  { name, takesCommit, summary, description, examples }: OrderCommand,
): void {
  const command = addOrderOptions(program.command(name)).summary(summary).description(description);
  const order = async (commit: string | undefined, options: OrderOptions): Promise<void> => {
    const { giveOrder } = await import("../admin/give-order.js");
    const { whoAmI } = await import("../admin/who-am-i.js");
    const { by = whoAmI(), reason, wait, timeout, json, ...server } = options;
    const body = { by, ...(reason === undefined ? {} : { reason }) };
    finish(
      await giveOrder(
        {
          server,
          path: `/api/v1/${name}`,
          body: commit === undefined ? body : { commit, ...body },
          waits: wait === true,
          timeoutS: timeout,
          json: json === true,
        },
        io,
      ),
    );
  };
  if (takesCommit) {
    command
      .argument("<commit>", "a commit that was judged; the first 4 digits or more are enough")
      .action((commit: string, options: OrderOptions) => order(commit, options));
  } else {
    command.action((options: OrderOptions) => order(undefined, options));
  }
  addHelp(command, examples, {
    0: "done; with --wait: the commit is live",
    1: "it is refused: stderr says why; with --wait also: the commit is not live, stdout says why",
    2: "the control plane could not be asked",
  });
}
