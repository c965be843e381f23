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
  | "source/host-key"
  | "source/program-missing"
  | "source/mirror-corrupt"
  | "source/disk"
  | "source/aborted";

/** The repository could not be read. Nothing is wrong with the config in it. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly code: SourceErrorCode;
  /**
   * The remote asked not to be asked again before this many milliseconds. Undefined: the loop
   * decides. Every code is worth another try: a person may put it right at any time.
   */
  readonly retryAfterMs: number | undefined;

  /**
   * `message` never holds a credential: URLs are scrubbed before they come here. What a remote or a
   * library said may be part of it, so control characters are taken out: it is one line.
   */
  constructor(
    code: SourceErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number },
  ) {
    super(message.replace(/[\s\x00-\x1f\x7f-\x9f]+/g, " ").trim(), options);
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs;
  }
}
