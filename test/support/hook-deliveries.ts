import { createHmac } from "node:crypto";

/** A webhook as a Git host sends it. */
export interface HookDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PushOptions {
  readonly secret: string;
  /** Full, such as `refs/heads/main`. */
  readonly ref: string;
  /** 40 zeros: the ref was deleted. */
  readonly after: string;
  /** Unique. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

const before = "1".repeat(40);
const isDeleted = (oid: string): boolean => /^0+$/.test(oid);
const hmac = (secret: string, body: string): string =>
  createHmac("sha256", secret).update(body).digest("hex");

/** A push, by kind of host, in the shape and with the headers of that host. */
export const pushDeliveries: Readonly<Record<string, (push: PushOptions) => HookDelivery>> = {
  github: (push) => githubDelivery("push", githubPush(push), push),
  gitlab({ secret, ref, after, id }) {
    const body = JSON.stringify({
      object_kind: "push",
      event_name: "push",
      before,
      after,
      ref,
      checkout_sha: isDeleted(after) ? null : after,
      user_name: "Ada",
      project_id: 15,
      project: {
        id: 15,
        path_with_namespace: "platform/gateway",
        git_http_url: "https://gitlab.test/platform/gateway.git",
        default_branch: "main",
      },
      commits: [{ id: after, message: "Change a route", added: [], modified: ["a.yaml"] }],
      total_commits_count: 1,
    });
    return {
      headers: {
        "content-type": "application/json",
        "user-agent": "GitLab/18.4.0",
        "x-gitlab-event": "Push Hook",
        "x-gitlab-instance": "https://gitlab.test",
        "x-gitlab-webhook-uuid": "0c4d9a3e-5f02-4f8c-9f1d-2f8f5d0a7b11",
        "x-gitlab-event-uuid": id,
        "idempotency-key": id,
        "x-gitlab-token": secret,
      },
      body,
    };
  },
  gitea: (push) => giteaDelivery(push, "gitea"),
  forgejo: (push) => giteaDelivery(push, "forgejo"),
  bitbucket({ secret, ref, after, id }) {
    const [, kind, ...name] = ref.split("/");
    const side = {
      type: kind === "tags" ? "tag" : "branch",
      name: name.join("/"),
      target: { type: "commit", hash: after, message: "Change a route\n" },
    };
    const body = JSON.stringify({
      push: {
        changes: [
          {
            old: { ...side, target: { type: "commit", hash: before } },
            new: isDeleted(after) ? null : side,
            created: false,
            closed: isDeleted(after),
            forced: false,
            truncated: false,
          },
        ],
      },
      repository: { type: "repository", full_name: "platform/gateway" },
      actor: { type: "user", display_name: "Ada" },
    });
    return bitbucketDelivery(secret, body, {
      "x-event-key": "repo:push",
      "x-hook-uuid": "4b8c9c5a-1b0e-4b52-a9c0-e3f9d6b7a111",
      "x-request-uuid": id,
      "x-attempt-number": "1",
    });
  },
  generic({ secret, ref, after, id }) {
    const body = JSON.stringify({ ref, commit: after });
    return {
      headers: {
        "content-type": "application/json",
        "x-gloo-delivery": id,
        "x-gloo-signature": `sha256=${hmac(secret, body)}`,
      },
      body,
    };
  },
};

let pushedAtS = 1_767_323_045;

function githubPush({ ref, after }: PushOptions): object {
  return {
    ref,
    before,
    after,
    repository: {
      id: 1,
      full_name: "platform/gateway",
      clone_url: "https://github.test/platform/gateway.git",
      pushed_at: pushedAtS++, // so that no two pushes are signed alike
    },
    pusher: { name: "ada", email: "ada@example.com" },
    created: false,
    deleted: isDeleted(after),
    forced: false,
    head_commit: { id: after, message: "Change a route", modified: ["a.yaml"] },
  };
}

export function githubDelivery(
  event: string,
  payload: object | string,
  { secret, id }: Pick<PushOptions, "secret" | "id">,
): HookDelivery {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  return {
    headers: {
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/044aadd",
      "x-github-delivery": id,
      "x-github-event": event,
      "x-github-hook-id": "292430182",
      "x-hub-signature": `sha1=${createHmac("sha1", secret).update(body).digest("hex")}`,
      "x-hub-signature-256": `sha256=${hmac(secret, body)}`,
    },
    body,
  };
}

/** GitHub's other content type: the JSON as a field of a form. */
export function githubForm(push: PushOptions): HookDelivery {
  const body = `payload=${encodeURIComponent(JSON.stringify(githubPush(push)))}`;
  const { headers } = githubDelivery("push", body, push);
  return { headers: { ...headers, "content-type": "application/x-www-form-urlencoded" }, body };
}

function giteaDelivery({ secret, ref, after, id }: PushOptions, host: string): HookDelivery {
  const body = JSON.stringify({
    ref,
    before,
    after,
    compare_url: "",
    commits: [{ id: after, message: "Change a route\n", modified: ["a.yaml"] }],
    repository: { id: 140, full_name: "platform/gateway", default_branch: "main" },
    pusher: { login: "ada" },
  });
  const names = host === "gitea" ? ["gitea"] : ["forgejo", "gitea"];
  const headers = names.flatMap((name) => [
    [`x-${name}-delivery`, id],
    [`x-${name}-event`, "push"],
    [`x-${name}-signature`, hmac(secret, body)],
  ]);
  return { headers: { "content-type": "application/json", ...Object.fromEntries(headers) }, body };
}

/** A push to a Bitbucket of one's own, which has other payloads than the one in the cloud. */
export function bitbucketDataCenterPush({ secret, ref, after, id }: PushOptions): HookDelivery {
  const body = JSON.stringify({
    eventKey: "repo:refs_changed",
    date: "2026-01-02T13:45:56+1000",
    actor: { name: "ada" },
    repository: { slug: "gateway", project: { key: "PLAT" } },
    changes: [
      {
        ref: { id: ref, displayId: ref.split("/").at(-1), type: "BRANCH" },
        refId: ref,
        fromHash: before,
        toHash: after,
        type: isDeleted(after) ? "DELETE" : "UPDATE",
      },
    ],
  });
  return bitbucketDelivery(secret, body, {
    "x-event-key": "repo:refs_changed",
    "x-request-id": id,
  });
}

function bitbucketDelivery(
  secret: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): HookDelivery {
  const signature = { "x-hub-signature": `sha256=${hmac(secret, body)}` };
  return { headers: { "content-type": "application/json", ...headers, ...signature }, body };
}

/** GitLab with a signing token (`whsec_…`) instead of a secret token. */
export function gitlabSignedPush(push: PushOptions): HookDelivery {
  const { "x-gitlab-token": _token, ...headers } = pushDeliveries["gitlab"]!(push).headers; // it is there
  const { body } = pushDeliveries["gitlab"]!(push);
  const timestamp = String(Math.floor(push.atMs / 1000));
  const key = Buffer.from(push.secret.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key)
    .update(`${push.id}.${timestamp}.${body}`)
    .digest("base64");
  return {
    headers: {
      ...headers,
      "webhook-id": push.id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signature}`,
    },
    body,
  };
}
