import { resolve } from "node:path";
import type { Client } from "../../client/create-client.js";
import type { WritableRepositoryOptions } from "../../authoring/open-repository.js";
import { type ObjectWriteOptions, type RepositoryOptions } from "../commands/repository-options.js";
import { configTargetOf } from "../commands/config-options.js";
import { CommandError, ExitCode, type Io } from "../io.js";
import { Refusal } from "./refusal.js";

/** The config that a command works on. */
export interface OpenConfig {
  readonly client: Client;
  /** The folder of the repository that holds it; `""` is the root. */
  readonly basePath: string;
  /** A branch that a write makes, from the default one. */
  readonly newBranch: string | undefined;
  /** How the repository is reached, for what the client does not read. */
  readonly access: WritableRepositoryOptions;
}

/** Nobody: who only reads makes no commits. */
const nobody = { name: "", email: "" };

/** Does `work` on the config that options name, and reports what is in its way. */
export async function withConfig(
  options: RepositoryOptions | ObjectWriteOptions,
  io: Io,
  use: "read" | "write",
  work: (config: OpenConfig) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { InvalidError } = await import("../../client/client-error.js");
  let config: OpenConfig | undefined;
  try {
    config = await openConfig(options, io, use);
    return await work(config);
  } catch (cause) {
    if (cause instanceof Refusal) {
      io.stderr(cause.text);
      return ExitCode.Invalid;
    }
    if (cause instanceof InvalidError) {
      const { formatDiagnosticsText } = await import("../../diagnostics/format-text.js");
      io.stderr(`${formatDiagnosticsText(cause.diagnostics)}gloo: nothing was written\n`);
      return ExitCode.Invalid;
    }
    const { refusalOf } = await import("../rollback/refusal.js");
    throw refusalOf(cause, io);
  } finally {
    await config?.client.close();
  }
}

async function openConfig(
  options: RepositoryOptions | ObjectWriteOptions,
  io: Io,
  use: "read" | "write",
): Promise<OpenConfig> {
  const { createClient } = await import("../../client/create-client.js");
  const { parseBasePath } = await import("../../client/base-path.js");
  const access = await accessOf(options, io);
  const basePath = parseBasePath(options.path ?? "");
  const isNew = use === "write" && (await isNewBranch(options.branch, access, io));
  const { authorOf, signingKeyOf } = await import("../rollback/git-identity.js");
  const author = use === "write" && "author" in options ? options.author : undefined;
  const isSigned = "sign" in options && options.sign === true;
  const { url: repository, ...how } = access;
  const client = createClient({
    ...how,
    repository,
    basePath,
    author: use === "read" ? nobody : await authorOf(author, io),
    ...(options.branch === undefined || isNew ? {} : { branch: options.branch }),
    ...(isSigned ? { sign: await signingKeyOf(io) } : {}),
  });
  return { client, basePath, newBranch: isNew ? options.branch : undefined, access };
}

async function accessOf(options: RepositoryOptions, io: Io): Promise<WritableRepositoryOptions> {
  const { parseRepositoryLocation } = await import("../../source/remote-url.js");
  const { repository, remote } = options;
  const location = parseRepositoryLocation(repository);
  if (remote !== undefined && location.kind !== "local") {
    throw new CommandError("--remote is for a clone on this machine; a URL is written to anyway");
  }
  const { remote: access } = await configTargetOf(repository, options, io);
  return {
    ...access,
    url: location.kind === "local" ? resolve(io.cwd, location.folder) : repository,
    ...(remote === undefined ? {} : { remote: remote === true ? "origin" : remote }),
  };
}

async function isNewBranch(
  branch: string | undefined,
  access: WritableRepositoryOptions,
  io: Io,
): Promise<boolean> {
  if (branch === undefined) return false;
  const { createWritableRepository } = await import("../../authoring/open-repository.js");
  const repository = createWritableRepository(access);
  try {
    const { branches } = await repository.listBranches(io.signal);
    return branches.size > 0 && !branches.has(branch);
  } finally {
    await repository.close();
  }
}
