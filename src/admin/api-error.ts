/** An answer that is not 2xx, as {@link ErrorResponse} has it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** Such as `api/not-found`. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The status that an error is answered with. */
export function statusOf(error: unknown): number {
  if (error instanceof ApiError) return error.status;
  const status = (error as { readonly statusCode?: unknown }).statusCode;
  return typeof status === "number" && status >= 400 && status < 600 ? status : 500;
}
