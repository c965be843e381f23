import type { JsonObject } from "../lib/json.js";
import type { Kind } from "../model/resource.js";
import type { Role } from "../model/role.js";
import type { Upstream } from "../model/upstream.js";
import type { VirtualService } from "../model/virtual-service.js";
import type { Finding } from "./finding.js";
import { checkRole } from "./role-check.js";
import { checkUpstream } from "./upstream-check.js";
import { checkVirtualService } from "./virtual-service-check.js";

/** What is wrong with an object on its own, besides what its schema says. The schema has accepted it. */
export function checkSemantics(kind: Kind, value: JsonObject): readonly Finding[] {
  const object = value as unknown;
  switch (kind) {
    case "Upstream":
      return checkUpstream(object as Upstream);
    case "VirtualService":
      return checkVirtualService(object as VirtualService);
    case "Role":
      return checkRole(object as Role);
    case "Attribute":
      return [];
  }
}
