import { lazy } from "../lib/lazy.js";
import type { LanguageExtensions } from "../model/language.js";
import { builtinPlugins } from "../plugins/index.js";
import { createPluginSet } from "../translate/plugin-set.js";

/** What the built-in plugins add to the config language. Made once, when it is first asked for. */
export const builtinLanguage: () => LanguageExtensions = lazy(() =>
  createPluginSet(builtinPlugins),
);
