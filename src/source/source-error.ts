/** What can be in the way between the product and its Git repository. */
export type SourceErrorCode =
  | "source/unreachable"
  | "source/timeout"
  | "source/auth-failed"
  | "source/ref-not-found"
  | "source/repository-not-found"
  | "source/rate-limited"
  | "source/protocol"
  | "source/too-large"
  | "source/redirect-refused"
  | "source/tls"
  | "source/mirror-corrupt"
  | "source/disk"
  | "source/aborted";

/** The repository could not be read. Nothing is wrong with the config in it. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly code: SourceErrorCode;
  /** What the loop does next: try again with backoff, or not before this many milliseconds. */
  readonly retryAfterMs: number | undefined;

  /** `message` never holds a credential: URLs are scrubbed before they come here. */
  constructor(
    code: SourceErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number },
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs;
  }
}
