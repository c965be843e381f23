import { parseDuration } from "../../model/duration.js";
import type { TimeoutExtensions } from "../../model/generated/plugins.js";
import { readSchema } from "../../model/schema-files.js";
import type { TranslationPlugin } from "../../translate/plugin.js";

/** Limits how long a request may take (`timeout`). Unset: Envoy's 15 s; 0: no limit. */
export const routeTimeoutPlugin: TranslationPlugin = {
  name: "route-timeout",
  routeExtensions: readSchema("plugins/route-timeout"),
  route({ extensions }) {
    const { timeout }: TimeoutExtensions = extensions ?? {};
    const span = timeout === undefined ? undefined : parseDuration(timeout);
    return span && { action: { timeout: span } };
  },
};
