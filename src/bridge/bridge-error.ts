/** A message was not delivered. The client is told the status and the message, which hold nothing secret. */
export class BridgeError extends Error {
  override readonly name = "BridgeError";
  /** Of the HTTP response. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}
