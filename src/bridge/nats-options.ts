import { readFile } from "node:fs/promises";
import {
  credsAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
  type Authenticator,
  type NodeConnectionOptions,
} from "@nats-io/transport-node";

/** Where NATS is, and how the bridge shows who it is. Secrets are in files only. */
export interface NatsOptions {
  /** Such as `nats://nats-1:4222`; `tls://` will have TLS or no connection. */
  readonly servers: readonly string[];
  /** A `.creds` file: a JWT and the seed of its key. */
  readonly credsFile?: string;
  /** A file with the seed of an nkey. */
  readonly nkeyFile?: string;
  /** A file with a token. */
  readonly natsTokenFile?: string;
  readonly user?: string;
  /** A file with the password of `user`. */
  readonly passwordFile?: string;
  /** PEM files. With any of them there is TLS or no connection. */
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** A file that the bridge needs cannot be used. The message names the file, never what is in it. */
export class BridgeFileError extends Error {
  override readonly name = "BridgeFileError";
  readonly code = "bridge/file";
}

/** Reads the files: once for each connection, so that new credentials need no restart. */
export async function readNatsOptions(options: NatsOptions): Promise<NodeConnectionOptions> {
  const authenticator = await readAuthenticator(options);
  const { servers, tlsCa, tlsCert, tlsKey } = options;
  const [ca, cert, key] = await Promise.all([tlsCa, tlsCert, tlsKey].map(readOptional));
  const wantsTls = servers.some((server) => server.startsWith("tls://"));
  const isSecured = wantsTls || [ca, cert, key].some((file) => file !== undefined);
  return {
    servers: [...servers],
    ...(authenticator && { authenticator }),
    ...(isSecured && {
      tls: {
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      },
    }),
  };
}

async function readAuthenticator(options: NatsOptions): Promise<Authenticator | undefined> {
  const { credsFile, nkeyFile, natsTokenFile, user, passwordFile } = options;
  if (credsFile !== undefined) return credsAuthenticator(bytesOf(await readText(credsFile)));
  if (nkeyFile !== undefined) return nkeyAuthenticator(bytesOf(await readLine(nkeyFile)));
  if (natsTokenFile !== undefined) return tokenAuthenticator(await readLine(natsTokenFile));
  if (user === undefined) return undefined;
  const password = passwordFile === undefined ? undefined : await readLine(passwordFile);
  return usernamePasswordAuthenticator(user, password);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function readOptional(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : await readText(path);
}

/** What is on the one line of a file. */
async function readLine(path: string): Promise<string> {
  const text = (await readText(path)).trim();
  if (text === "" || /[\r\n]/.test(text)) {
    throw new BridgeFileError(`${path} should hold one line`);
  }
  return text;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw new BridgeFileError(`cannot read ${path} (${code})`, { cause });
  }
}
