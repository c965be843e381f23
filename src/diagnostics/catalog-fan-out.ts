import type { CatalogEntry } from "./catalog-entry.js";

/** What can be wrong with copies of requests. */
export const fanOutCatalog = {
  "fan-out/function": {
    severity: "error",
    message: () => "no function can be called with a copy of a request",
    hint: () =>
      "name an upstream that takes the request as it is, or make the function the route's destination",
    explain:
      "Envoy sends copies of a request (`fan_out`) to a cluster as they are. What makes a call of a function out of a request is config of the route's own destination, and does not reach copies.",
    example: `extensions:
  fan_out:
    - function: { upstream_name: lambda, function_name: archive }`,
    cure: "Let the function be the destination of the route and the upstreams get the copies. With several functions, let an upstream that takes events call them.",
  },
  "fan-out/copied-function": {
    severity: "error",
    message: (p: { type: string }) =>
      `copies would be made of the call of this ${p.type} function, not of the client's request`,
    hint: () => "lead the route to an upstream, or remove fan_out",
    explain:
      "Functions of REST, gRPC and NATS, and those of Google with an ID token of the metadata server, make a request of their own before Envoy copies it. Copies would be that request, with whatever credential it has. Functions of AWS Lambda and Azure are called in their cluster, and can have copies beside them.",
    example: `single_destination:
  function: { upstream_name: petstore, function_name: adopt } # of service type REST
extensions:
  fan_out:
    - upstream: { name: statistics }`,
  },
} as const satisfies Record<string, CatalogEntry>;
