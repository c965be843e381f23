import { scrubUrls } from "../../source/remote-url.js";
import { CommandError } from "../io.js";

/** Which API a forge speaks: Gitea and Forgejo have that of GitHub for comments. */
export type ForgeKind = "github" | "gitlab";

/** The pull request that a CI job runs for, and the way to its comments. */
export interface PullRequestJob {
  readonly forge: ForgeKind;
  /** Root of the API, such as `https://api.github.com`, without a slash at its end. */
  readonly apiUrl: string;
  /** `owner/name`; of GitLab, the number of the project. */
  readonly repository: string;
  /** The number of the pull request. */
  readonly number: string;
  readonly token: string;
}

/**
 * Reads what CI says of its job: the variables of GitHub Actions, which Forgejo and Gitea Actions set
 * too, or those of GitLab CI. Undefined: the job is for no pull request. Throws `CommandError` where
 * there is no CI, or no token.
 */
export function pullRequestJobOf(env: NodeJS.ProcessEnv): PullRequestJob | undefined {
  if (env["GITHUB_ACTIONS"] === "true") return githubJob(env);
  if (env["GITLAB_CI"] === "true") return gitlabJob(env);
  throw new CommandError(
    "this is no job of GitHub Actions, Forgejo or Gitea Actions, or GitLab CI, so there is no pull request " +
      "to comment on",
  );
}

// https://docs.github.com/actions/reference/workflows-and-actions/variables
function githubJob(env: NodeJS.ProcessEnv): PullRequestJob | undefined {
  const number = /^refs\/pull\/(\d+)\//.exec(env["GITHUB_REF"] ?? "")?.[1];
  if (number === undefined) return undefined;
  const repository = variable(env, "GITHUB_REPOSITORY");
  if (!/^\w[\w.-]*\/\w[\w.-]*$/.test(repository)) {
    throw new CommandError(`GITHUB_REPOSITORY "${repository}" is not owner/name`);
  }
  return {
    forge: "github",
    apiUrl: apiUrlOf(variable(env, "GITHUB_API_URL")),
    repository,
    number,
    token: tokenOf(
      env,
      ["GLOO_COMMENT_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"],
      "GITHUB_TOKEN: ${{ github.token }} in the `env` of the step, with `pull-requests: write`",
    ),
  };
}

// https://docs.gitlab.com/ci/variables/predefined_variables/
function gitlabJob(env: NodeJS.ProcessEnv): PullRequestJob | undefined {
  const number = env["CI_MERGE_REQUEST_IID"] ?? "";
  if (!/^\d+$/.test(number)) return undefined;
  return {
    forge: "gitlab",
    apiUrl: apiUrlOf(variable(env, "CI_API_V4_URL")),
    repository: encodeURIComponent(variable(env, "CI_PROJECT_ID")),
    number,
    token: tokenOf(
      env,
      ["GLOO_COMMENT_TOKEN"],
      "a variable GLOO_COMMENT_TOKEN with a project access token of scope `api`; the token of the job may not comment",
    ),
  };
}

function variable(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new CommandError(`${name} is not set, which CI sets for its jobs`);
}

function tokenOf(env: NodeJS.ProcessEnv, names: readonly string[], cure: string): string {
  const token = names.map((name) => env[name]).find(Boolean);
  if (token !== undefined) return token;
  throw new CommandError(`there is no token to comment with; give ${cure}`);
}

function apiUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLoopback = url !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (url?.protocol !== "https:" && !(url?.protocol === "http:" && isLoopback)) {
    throw new CommandError(`a token is sent to https URLs only, and not to "${scrubUrls(text)}"`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new CommandError(
      `the API is at "${scrubUrls(text)}", without a password; the token goes into a variable of its own`,
    );
  }
  return text.replace(/\/+$/, "");
}
