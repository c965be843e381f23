import type { FastifyRequest } from "fastify";
import { nearest } from "../lib/nearest.js";
import { ApiError } from "./api-error.js";

/** The parameters of a query, each at most once, and none that is not among `names`. */
export function readQuery<N extends string>(
  request: FastifyRequest,
  names: readonly N[],
): Readonly<Partial<Record<N, string>>> {
  const found: Partial<Record<N, string>> = {};
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
    const known = names.find((each) => each === name);
    if (known === undefined) {
      const near = nearest(name, names);
      throw badRequest(
        `there is no parameter "${name.slice(0, 100)}"${near ? `; did you mean "${near}"?` : ""}`,
      );
    }
    if (typeof value !== "string") throw badRequest(`"${known}" is there more than once`);
    found[known] = value;
  }
  return found;
}

/** The answer to a request that cannot be meant as it is. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, "api/bad-request", message);
}
