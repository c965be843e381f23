import { parseDuration } from "../../model/duration.js";
import type { RetryExtensions } from "../../model/generated/plugins.js";
import { readSchema } from "../../model/schema-files.js";
import type { TranslationPlugin } from "../../translate/plugin.js";

/** Tries failed requests again: `max_retries`, `retry_on`, `per_try_timeout`. */
export const routeRetriesPlugin: TranslationPlugin = {
  name: "route-retries",
  routeExtensions: readSchema("plugins/route-retries"),
  route({ extensions }) {
    const {
      max_retries = 0,
      retry_on = "5xx",
      per_try_timeout,
    }: RetryExtensions = extensions ?? {};
    if (max_retries === 0) return undefined;
    const timeout = per_try_timeout === undefined ? undefined : parseDuration(per_try_timeout);
    return {
      action: {
        retry_policy: {
          retry_on,
          num_retries: { value: max_retries },
          ...(timeout && { per_try_timeout: timeout }),
        },
      },
    };
  },
};
