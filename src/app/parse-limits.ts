import type { ParseLimits } from "../parse/limits.js";
import type { Settings } from "./settings.js";

/** What the settings let one commit ask of the parser. */
export function parseLimitsOf(settings: Settings): ParseLimits {
  const { maxFiles, maxFileBytes, maxValues, maxDepth, maxAliases } = settings;
  return { maxFiles, maxFileBytes, maxValues, maxDepth, maxAliases };
}
