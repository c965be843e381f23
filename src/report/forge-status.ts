import { statusStates, type Report } from "./report.js";
import type { RequestReceiver } from "./request-receiver.js";

/** Hosts of Git that show the status of a commit. Forgejo speaks as Gitea does. */
export const forgeKinds = ["github", "gitlab", "gitea", "forgejo"] as const;
export type ForgeKind = (typeof forgeKinds)[number];

export interface ForgeStatusOptions {
  readonly kind: ForgeKind;
  /** Of the API, without a final slash: `https://api.github.com`. */
  readonly apiUrl: string;
  /** `owner/name`; with GitLab also in subgroups. */
  readonly project: string;
  /** What the status is called, such as `gloo/prod`. */
  readonly context: string;
  /** Where its link leads; `{commit}` stands for the commit. Undefined: nowhere. */
  readonly targetUrl: string | undefined;
  readonly token: () => Promise<string>;
}

/** Shows what becomes of a commit beside it, on the host of the repository. */
export function createForgeStatus(options: ForgeStatusOptions): RequestReceiver {
  const { kind, targetUrl, token } = options;
  const { urlOf, headersOf, bodyOf } = dialects[kind === "forgejo" ? "gitea" : kind];
  return {
    name: kind,
    wants: ({ record }) => statusStates.has(record.state),
    async requestOf(report) {
      const { oid } = report.record.commit;
      const link = targetUrl?.replaceAll("{commit}", oid);
      return {
        url: options.apiUrl + urlOf(options.project, oid),
        headers: {
          ...headersOf(await token()),
          "content-type": "application/json",
          "user-agent": "gloo-gitops",
        },
        body: JSON.stringify(bodyOf(report, options.context, link)),
      };
    },
    // GitLab's way to say that the status has been that for some time.
    knowsAlready: (status, body) =>
      kind === "gitlab" && status === 400 && body.includes("Cannot transition status"),
  };
}

interface Dialect {
  urlOf(project: string, oid: string): string;
  headersOf(token: string): Readonly<Record<string, string>>;
  bodyOf(report: Report, context: string, link: string | undefined): object;
}

const pathOf = (project: string): string => project.split("/").map(encodeURIComponent).join("/");

const plainBody: Dialect["bodyOf"] = ({ outcome, description }, context, link) => ({
  state: outcome,
  context,
  description,
  ...(link === undefined ? {} : { target_url: link }),
});

const dialects: Readonly<Record<Exclude<ForgeKind, "forgejo">, Dialect>> = {
  github: {
    urlOf: (project, oid) => `/repos/${pathOf(project)}/statuses/${oid}`,
    headersOf: (token) => ({
      authorization: `Bearer ${token}`,
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
    }),
    bodyOf: plainBody,
  },
  gitea: {
    urlOf: (project, oid) => `/repos/${pathOf(project)}/statuses/${oid}`,
    headersOf: (token) => ({ authorization: `token ${token}`, accept: "application/json" }),
    bodyOf: plainBody,
  },
  gitlab: {
    urlOf: (project, oid) => `/projects/${encodeURIComponent(project)}/statuses/${oid}`,
    headersOf: (token) => ({ authorization: `Bearer ${token}`, accept: "application/json" }),
    bodyOf: ({ outcome, description }, context, link) => ({
      state: outcome === "pending" ? "running" : outcome === "failure" ? "failed" : "success",
      name: context,
      description,
      ...(link === undefined ? {} : { target_url: link }),
    }),
  },
};

/** Where the API of a host is, and what it calls a repository there; undefined: the URL is none of a host. */
export function forgePlaceOf(
  kind: ForgeKind,
  host: string,
  path: string,
): { readonly apiUrl: string; readonly project: string } | undefined {
  const project = path.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
  if (!/^[^/]+(\/[^/]+)+$/.test(project)) return undefined;
  const origin = /^https?:\/\//.test(host) ? host : `https://${host}`;
  const { hostname } = new URL(origin);
  if (kind === "github") {
    const isPublic = hostname === "github.com" || hostname === "ssh.github.com";
    return { apiUrl: isPublic ? "https://api.github.com" : `${origin}/api/v3`, project };
  }
  return { apiUrl: `${origin}/api/${kind === "gitlab" ? "v4" : "v1"}`, project };
}
