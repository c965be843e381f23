export type OperationalErrorCode =
  | "app/settings"
  | "app/port-taken"
  | "app/cannot-listen"
  | "app/unreadable-file"
  | "app/plugin"
  | "app/envoy-missing";

/** The process cannot do its work until a person changes something outside it. The message is one line. */
export class OperationalError extends Error {
  override readonly name = "OperationalError";
  readonly code: OperationalErrorCode;

  constructor(code: OperationalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
