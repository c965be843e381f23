import { readFileSync } from "node:fs";
import { lazy } from "../lib/lazy.js";

/** The version of the product. */
export const productVersion: () => string = lazy(() => {
  const file = new URL("../../package.json", import.meta.url);
  // The package's own file.
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
});
