/** A state that the program itself rules out was reached: a bug, never a mistake of the user. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws {@link InvariantError} unless `condition` holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (condition === undefined || condition === null || condition === false) {
    throw new InvariantError(`internal error: ${message}`);
  }
}
