import type { RouteTests } from "./generated/language.js";
import type { Origin } from "./location.js";

// The definitions are schemas/tests.schema.json; these are their types in canonical form.
export type { RouteTest, RouteTests, TestExpectation, TestRequest } from "./generated/language.js";

/** One document of a file below a folder named `tests`. The same object (`===`) until the file changes. */
export interface TestFile {
  readonly value: RouteTests;
  /** Pointers given to it are those of `value`. */
  readonly origin: Origin;
}
