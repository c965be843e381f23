/** What can be in the way of having, or running, an Envoy binary. */
export type EnvoyBinaryErrorCode =
  | "envoy/not-runnable"
  | "envoy/unsupported-platform"
  | "envoy/python-missing"
  | "envoy/download-failed"
  | "envoy/checksum-mismatch"
  | "envoy/timeout"
  | "envoy/aborted";

/** Envoy itself could not be had or run. Says nothing about the config. */
export class EnvoyBinaryError extends Error {
  override readonly name = "EnvoyBinaryError";
  readonly code: EnvoyBinaryErrorCode;

  /** `message` is one line, with what to do about it. */
  constructor(code: EnvoyBinaryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
