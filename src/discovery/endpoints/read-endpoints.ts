import { isIP } from "node:net";
import { endpointHealths, type Endpoint, type EndpointHealth } from "../../model/endpoints.js";

/** Endpoints that came from outside, and what was wrong with those that were left out. */
export interface ReadEndpoints {
  readonly endpoints: readonly Endpoint[];
  /** A sentence; undefined: nothing was left out. */
  readonly problem: string | undefined;
}

const maxEndpoints = 10_000;
const maxZoneLength = 255;

/** Takes what is sound of what a source reported, whatever that is. Gives new and frozen objects. */
export function readEndpoints(reported: unknown): ReadEndpoints {
  if (!Array.isArray(reported)) return { endpoints: [], problem: "what it reported is no list" };
  const endpoints: Endpoint[] = [];
  let problem: string | undefined;
  for (const [index, value] of reported.slice(0, maxEndpoints).entries()) {
    const fault = faultOf(value);
    if (fault === undefined) endpoints.push(copyOf(value as Endpoint));
    else problem ??= `endpoint ${index} is left out: ${fault}`;
  }
  if (reported.length > maxEndpoints) {
    problem ??= `all but the first ${maxEndpoints} endpoints are left out`;
  }
  return { endpoints: Object.freeze(endpoints), problem };
}

/** What Envoy would refuse, and with it the endpoints of all other upstreams. */
function faultOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "it is no object";
  const { address, port, weight, zone, health }: Partial<Record<keyof Endpoint, unknown>> = value;
  if (typeof address !== "string" || isIP(address) === 0 || address.includes("%")) {
    return `"address" is no IP address: ${JSON.stringify(address)}`;
  }
  if (!isWhole(port)) return `"port" is not from 1 to 65,535: ${JSON.stringify(port)}`;
  if (weight !== undefined && !isWhole(weight)) {
    return `"weight" is not from 1 to 65,535: ${JSON.stringify(weight)}`;
  }
  if (zone !== undefined && (typeof zone !== "string" || zone.length > maxZoneLength)) {
    return `"zone" is no text of at most ${maxZoneLength} characters`;
  }
  if (health !== undefined && !endpointHealths.includes(health as EndpointHealth)) {
    return `"health" is none of ${endpointHealths.join(", ")}: ${JSON.stringify(health)}`;
  }
  return undefined;
}

function isWhole(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;
}

function copyOf({ address, port, weight, zone, health }: Endpoint): Endpoint {
  return Object.freeze({
    address,
    port,
    ...(weight !== undefined && { weight }),
    ...(zone !== undefined && { zone }),
    ...(health !== undefined && { health }),
  });
}
