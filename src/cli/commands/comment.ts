import { resolve } from "node:path";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import { CommandError, ExitCode, withProgress, type Io } from "../io.js";

interface Options {
  readonly caFile?: string;
  readonly json?: boolean;
}

/** `gloo comment`: keeps one comment of a pull request up to date, from a CI job. */
export function addCommentCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("comment")
    .summary("keep one comment on a pull request, from CI")
    .description(
      "Run by a CI job for a pull request: writes a comment, or replaces the one that an earlier run wrote, " +
        "which it knows by its first line. GitHub Actions, Forgejo and Gitea Actions, and GitLab CI say in their " +
        "variables where that is; the token is GLOO_COMMENT_TOKEN, or, but for GitLab, GITHUB_TOKEN. A job for no " +
        "pull request has nothing to do.",
    )
    .argument("[file]", "the comment, in Markdown; - is stdin", "-")
    .option("--ca-file <file>", "PEM file with CAs to trust besides the well-known ones")
    .option("--json", "print what was done as JSON")
    .action(async (file: string, options: Options) => {
      const done = await run(file, options, io);
      io.stdout(
        options.json === true ? `${JSON.stringify({ comment: done })}\n` : `${textOf[done]}\n`,
      );
      finish(ExitCode.Ok);
    });
  addHelp(
    command,
    [
      {
        command: 'gloo diff "origin/$GITHUB_BASE_REF...HEAD" --format markdown | gloo comment',
        what: "Say in a pull request of GitHub, Forgejo or Gitea what it changes for traffic",
      },
      {
        command: "gloo comment notes.md",
        what: "A text of your own; its first line should be an HTML comment that no other has",
      },
    ],
    {
      0: "the comment is there, or there is no pull request",
      2: "it could not be written",
    },
  );
}

const textOf = {
  created: "wrote a comment",
  updated: "replaced the comment",
  none: "this job is for no pull request: nothing to do",
} as const;

async function run(file: string, options: Options, io: Io): Promise<keyof typeof textOf> {
  const { pullRequestJobOf } = await import("../comment/ci-job.js");
  const { createForgeClient } = await import("../comment/forge-client.js");
  const { commentsOf } = await import("../comment/comments.js");
  const bytes = file === "-" ? await io.stdin() : await readFile(resolve(io.cwd, file));
  const body = bytes.toString("utf8");
  const [mark = ""] = body.split("\n");
  if (mark.trim() === "") {
    throw new CommandError(
      "the comment is empty, or its first line is, by which it would be found again",
    );
  }
  const job = pullRequestJobOf(io.env);
  if (job === undefined) return "none";
  const caFile = options.caFile === undefined ? {} : { caFile: resolve(io.cwd, options.caFile) };
  const client = await createForgeClient(job, { ...caFile, signal: io.signal });
  try {
    return await withProgress(io, "commenting", async () => {
      const comments = commentsOf(job, client);
      const id = await comments.find(mark);
      if (id === undefined) await comments.create(body);
      else await comments.update(id, body);
      return id === undefined ? "created" : "updated";
    });
  } finally {
    await client.close();
  }
}
