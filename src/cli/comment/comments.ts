import { isJsonObject, type JsonValue } from "../../lib/json.js";
import { CommandError } from "../io.js";
import type { PullRequestJob } from "./ci-job.js";
import type { ForgeClient } from "./forge-client.js";

/** The comments of one pull request. */
export interface Comments {
  /** The id of the first comment whose text begins so; undefined: there is none. */
  find(beginning: string): Promise<string | undefined>;
  create(body: string): Promise<void>;
  update(id: string, body: string): Promise<void>;
}

/** A pull request of many thousand comments is not searched to its end. */
const maxPages = 50;
const pageSize = 100;

/**
 * Reaches the comments through the forge's API. Every call may throw `CommandError`.
 * https://docs.github.com/rest/issues/comments, https://docs.gitlab.com/api/notes/
 */
export function commentsOf(job: PullRequestJob, client: ForgeClient): Comments {
  const isGithub = job.forge === "github";
  const of = isGithub
    ? `/repos/${job.repository}/issues`
    : `/projects/${job.repository}/merge_requests/${job.number}/notes`;
  const list = isGithub ? `${of}/${job.number}/comments` : of;
  const one = (id: string): string => (isGithub ? `${of}/comments/${id}` : `${of}/${id}`);
  return {
    async find(beginning) {
      for (let page = 1; page <= maxPages; page++) {
        // Forgejo and Gitea call the size of a page `limit`.
        const found = await client.ask(
          "GET",
          `${list}?per_page=${pageSize}&limit=${pageSize}&page=${page}`,
        );
        if (!Array.isArray(found)) throw new CommandError("the forge answers no list of comments");
        const mine = found.find((comment) => bodyOf(comment).startsWith(beginning)) as JsonValue;
        if (isJsonObject(mine)) return String(mine["id"]);
        // Forgejo and Gitea give all comments at once, whatever page is asked for.
        if (found.length !== pageSize) return undefined;
      }
      return undefined;
    },
    async create(body) {
      await client.ask("POST", list, { body });
    },
    async update(id, body) {
      await client.ask(isGithub ? "PATCH" : "PUT", one(id), { body });
    },
  };
}

function bodyOf(comment: unknown): string {
  return isJsonObject(comment) && typeof comment["body"] === "string" ? comment["body"] : "";
}
