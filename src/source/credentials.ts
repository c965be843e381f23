import { readFile } from "node:fs/promises";
import { SourceError } from "./source-error.js";

/** Who the remote is told we are. */
export type GitCredentials = (
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | { readonly kind: "bearer"; readonly token: string }
) & {
  /** When to ask for others, since these end soon after (`Date.now()`). Default: when they are refused. */
  readonly renewAtMs?: number;
};

/** Why and for how long credentials are asked for. */
export interface CredentialsRequest {
  /** The remote did not take those that were given last. */
  readonly refused: boolean;
  readonly signal: AbortSignal;
}

/**
 * Gives the credentials of the moment. Asked before the first request and again after a 401, so that
 * a rotated secret takes effect without a restart. Undefined: none.
 */
export type CredentialsProvider = (
  request?: CredentialsRequest,
) => Promise<GitCredentials | undefined>;

/** Where credentials come from: values, or files that hold them (a final line break is cut off). */
export interface CredentialsSource {
  /** Default with a password: `git`, which the Git hosts that look only at the token accept. */
  readonly username?: string;
  readonly usernameFile?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  /** Sent as a bearer token. Excludes user name and password. */
  readonly token?: string;
  readonly tokenFile?: string;
}

/** A provider that reads the files anew each time it is asked. */
export function createCredentialsProvider(source: CredentialsSource): CredentialsProvider {
  return async () => {
    const token = await valueOf("token", source.token, source.tokenFile);
    if (token !== undefined) {
      if (/^[\x21-\x7e]+$/.test(token)) return { kind: "bearer", token };
      throw new SourceError(
        "source/auth-failed",
        "the token for Git holds blanks or characters beyond ASCII; check its file",
      );
    }
    const username = await valueOf("user name", source.username, source.usernameFile);
    const password = await valueOf("password", source.password, source.passwordFile);
    if (username === undefined && password === undefined) return undefined;
    return { kind: "basic", username: username ?? "git", password: password ?? "" };
  };
}

/** The value of the `authorization` header. */
export function authorizationOf(credentials: GitCredentials): string {
  if (credentials.kind === "bearer") return `Bearer ${credentials.token}`;
  const pair = `${credentials.username}:${credentials.password}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

async function valueOf(
  what: string,
  value: string | undefined,
  file: string | undefined,
): Promise<string | undefined> {
  const text = file === undefined ? value : await read(what, file);
  if (text === undefined || text === "") return undefined;
  // A header cannot hold these; naming them here is clearer than the HTTP client's complaint.
  if (/[\r\n\0]/.test(text)) {
    throw new SourceError(
      "source/auth-failed",
      `the ${what} for Git holds a line break; give it on one line`,
    );
  }
  return text;
}

async function read(what: string, file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw new SourceError(
      "source/auth-failed",
      `the ${what} for Git cannot be read from ${file} (${reason}); check the file`,
      { cause },
    );
  }
}
