import type { Client } from "../../client/create-client.js";
import type { Stored } from "../../client/stored.js";
import type { ResourceRef } from "../../model/resource.js";
import type { VirtualService } from "../../model/virtual-service.js";
import { destinationsOf, upstreamOf } from "./route/describe-route.js";

/** Who would miss an object, one line each: `virtualservice/web, route 2`. */
export async function findReferrers(
  client: Client,
  { kind, name }: ResourceRef,
  signal: AbortSignal,
): Promise<readonly string[]> {
  switch (kind) {
    case "Upstream":
      return sound(await client.virtualServices.list({ signal })).flatMap(({ value }) =>
        routesTo(value, name),
      );
    case "VirtualService": {
      const roles = sound(await client.roles.list({ signal }));
      const attributes = sound(await client.attributes.list({ signal }));
      return [
        ...roles.flatMap(({ value }) =>
          (value.listeners ?? [])
            .filter((listener) => listener.virtual_services?.includes(name))
            .map((listener) => `role/${value.name}, listener ${listener.name}`),
        ),
        ...attributes
          .filter(({ value }) => value.listener_attribute.virtual_services?.includes(name))
          .map(({ value }) => `attribute/${value.name}`),
      ];
    }
    // Virtual services name roles that need not be objects, and nobody names an attribute.
    case "Role":
    case "Attribute":
      return [];
  }
}

/** What an object with mistakes refers to cannot be told. */
function sound<T>(objects: readonly Stored<T>[]): readonly Stored<T>[] {
  return objects.filter(({ isSound }) => isSound);
}

function routesTo({ name, routes }: VirtualService, upstream: string): readonly string[] {
  return routes.flatMap((route, i) =>
    destinationsOf(route).some((destination) => upstreamOf(destination) === upstream)
      ? [`virtualservice/${name}, route ${i + 1}`]
      : [],
  );
}
