import type { HostRewriteExtensions } from "../../model/generated/plugins.js";
import { readSchema } from "../../model/schema-files.js";
import type { TranslationPlugin } from "../../translate/plugin.js";

/** Sets the host that the back end is asked for (`host_rewrite`). */
export const routeHostRewritePlugin: TranslationPlugin = {
  name: "route-host-rewrite",
  routeExtensions: readSchema("plugins/route-host-rewrite"),
  route({ extensions }) {
    const { host_rewrite }: HostRewriteExtensions = extensions ?? {};
    return host_rewrite === undefined
      ? undefined
      : { action: { host_rewrite_literal: host_rewrite } };
  },
};
