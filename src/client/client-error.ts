import type { Diagnostic } from "../diagnostics/diagnostic.js";

/** What can be wrong with what a client is asked for. */
export type ClientErrorCode =
  "client/not-found" | "client/already-exists" | "client/invalid" | "client/bad-name";

/** The request cannot be met. Nothing has changed. */
export class ClientError extends Error {
  override readonly name: string = "ClientError";
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** There is no such object, or file, on the branch. */
export class NotFoundError extends ClientError {
  override readonly name = "NotFoundError";

  constructor(what: string) {
    super("client/not-found", `there is no ${what}`);
  }
}

/** There is such an object, or file, on the branch. */
export class AlreadyExistsError extends ClientError {
  override readonly name = "AlreadyExistsError";
  /** The file that holds it. */
  readonly path: string;

  constructor(what: string, path: string) {
    super("client/already-exists", `there is ${what} already, in ${path}`);
    this.path = path;
  }
}

/** The config would have errors that it does not have. */
export class InvalidError extends ClientError {
  override readonly name = "InvalidError";
  /** What would be wrong. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const [first, ...others] = diagnostics;
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    super("client/invalid", `the config would be wrong: ${first?.message ?? ""}${more}`);
    this.diagnostics = diagnostics;
  }
}
