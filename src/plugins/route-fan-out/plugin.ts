import type { RouteAction_RequestMirrorPolicy as MirrorPolicy } from "../../envoy/generated/messages.js";
import type { FanOutExtensions } from "../../model/generated/plugins.js";
import { pointerOf } from "../../model/location.js";
import { readSchema } from "../../model/schema-files.js";
import type { ClusterReference, TranslationPlugin } from "../../translate/plugin.js";

/** Sends copies of a route's requests to more upstreams (`fan_out`), whose answers nobody waits for. */
export const routeFanOutPlugin: TranslationPlugin = {
  name: "route-fan-out",
  routeExtensions: readSchema("plugins/route-fan-out"),
  route({ extensions }, context) {
    const { fan_out }: FanOutExtensions = extensions ?? {};
    if (fan_out === undefined) return undefined;
    const clusters: (ClusterReference & { readonly name: string })[] = [];
    fan_out.forEach((copy, index) => {
      const { upstream } = copy as Copy;
      const pointer = pointerOf(context.pointer, "extensions", "fan_out", index);
      if (upstream === undefined) context.report("fan-out/function", {}, pointer);
      else clusters.push({ name: upstream.name, pointer: pointerOf(pointer, "upstream", "name") });
    });
    return { action: { request_mirror_policies: clusters.map(copyTo) }, clusters };
  },
};

/** One entry, which the plugin's schema has accepted. */
interface Copy {
  readonly upstream?: { readonly name: string };
}

function copyTo({ name }: ClusterReference): MirrorPolicy {
  // The host stays the client's, as for the route's own destination.
  return { cluster: name, disable_shadow_host_suffix_append: true };
}
