import { createHmac } from "node:crypto";
import type { CommitState } from "../reconcile/commits/commit-record.js";
import type { Report } from "./report.js";
import type { RequestReceiver } from "./request-receiver.js";

/** Who a notification is from. */
export interface NotificationSource {
  /** The repository, without credentials. */
  readonly repository: string;
  readonly ref: string;
  /** What the control plane is called among others: the context of its status. */
  readonly context: string;
  /** Where a link leads; `{commit}` stands for the commit. Undefined: nowhere. */
  readonly targetUrl: string | undefined;
}

export interface WebhookOptions extends NotificationSource {
  readonly url: string;
  readonly states: ReadonlySet<CommitState>;
  /** What it is signed with. */
  readonly secret: () => Promise<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Diagnostics that are told; the rest is counted. */
const maxDiagnostics = 20;

/**
 * Tells of commits by an event of CloudEvents 1.0, signed as Standard Webhooks have it: HMAC-SHA256 over
 * `<webhook-id>.<webhook-timestamp>.<body>`.
 */
export function createWebhook(options: WebhookOptions): RequestReceiver {
  return {
    name: "webhook",
    wants: ({ record }) => options.states.has(record.state),
    async requestOf(report) {
      const body = JSON.stringify(eventOf(report, options));
      const timestamp = String(Math.floor(options.now() / 1000));
      const key = keyOf(await options.secret());
      const hmac = createHmac("sha256", key).update(`${report.id}.${timestamp}.${body}`);
      return {
        url: options.url,
        headers: {
          "content-type": "application/cloudevents+json; charset=utf-8",
          "user-agent": "gloo-gitops",
          "webhook-id": report.id,
          "webhook-timestamp": timestamp,
          "webhook-signature": `v1,${hmac.digest("base64")}`,
        },
        body,
      };
    },
  };
}

/** Standard Webhooks write keys in base64 after `whsec_`; any other secret is taken as it is. */
function keyOf(secret: string): Buffer {
  return secret.startsWith("whsec_")
    ? Buffer.from(secret.slice("whsec_".length), "base64")
    : Buffer.from(secret, "utf8");
}

function eventOf({ record, id, description }: Report, source: NotificationSource): object {
  const { commit, state, sinceMs, diagnostics, errorCount, warningCount, reason } = record;
  return {
    specversion: "1.0",
    id,
    source: source.repository,
    type: `io.gloo-gitops.commit.${state}`,
    subject: commit.oid,
    time: new Date(sinceMs).toISOString(),
    datacontenttype: "application/json",
    data: {
      context: source.context,
      repository: source.repository,
      ref: source.ref,
      commit: commit.oid,
      author: { name: commit.author.name, email: commit.author.email },
      title: titleOf(commit.message),
      state,
      description,
      ...(reason === undefined ? {} : { reason }),
      errors: errorCount,
      warnings: warningCount,
      diagnostics: diagnostics.slice(0, maxDiagnostics),
      ...(source.targetUrl === undefined ? {} : { url: linkOf(source.targetUrl, commit.oid) }),
    },
  };
}

export interface SlackOptions extends NotificationSource {
  readonly states: ReadonlySet<CommitState>;
  /** Whoever has the URL may write: it is a secret. */
  readonly url: () => Promise<string>;
}

const marks: Readonly<Record<Report["outcome"], string>> = {
  pending: ":hourglass_flowing_sand:",
  success: ":white_check_mark:",
  failure: ":x:",
};

/** Tells of commits in a channel of Slack, or of what takes the same (Mattermost, Rocket.Chat, Discord). */
export function createSlackMessage(options: SlackOptions): RequestReceiver {
  return {
    name: "slack",
    wants: ({ record }) => options.states.has(record.state),
    async requestOf({ record, outcome, description }) {
      const { oid, author, message } = record.commit;
      const name = `\`${oid.slice(0, 8)}\``;
      const { targetUrl } = options;
      const link = targetUrl === undefined ? name : `<${linkOf(targetUrl, oid)}|${name}>`;
      const text =
        `${marks[outcome]} ${escaped(options.context)}: ${link} ${escaped(titleOf(message))} ` +
        `(${escaped(author.name)})\n${escaped(description)}`;
      return {
        url: await options.url(),
        headers: { "content-type": "application/json", "user-agent": "gloo-gitops" },
        body: JSON.stringify({ text }),
      };
    },
  };
}

/** Slack reads `<…>` as links and calls to people; what others wrote is neither. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function titleOf(message: string): string {
  return (message.split("\n")[0] ?? "").slice(0, 200);
}

function linkOf(targetUrl: string, oid: string): string {
  return targetUrl.replaceAll("{commit}", oid);
}
