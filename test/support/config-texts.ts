import type { Changes } from "./git-repo.js";

/** The text of a static upstream. */
export function upstreamYaml(name: string, port: number, extra = ""): string {
  return `name: ${name}\ntype: static\nspec:\n  hosts:\n    - addr: 127.0.0.1\n      port: ${port}\n${extra}`;
}

/** The text of a virtual service for all domains with one route. */
export function virtualServiceYaml(name: string, upstream: string, extra = ""): string {
  return (
    `name: ${name}\ndomains: ["*"]\nroutes:\n  - request_matcher:\n      path_prefix: /\n` +
    `    single_destination:\n      upstream:\n        name: ${upstream}\n${extra}`
  );
}

/** A gateway of one route to one upstream; the port tells one such config from another. */
export function gatewayFiles(port = 9001): Changes {
  return {
    "upstreams/back.yaml": upstreamYaml("back", port),
    "virtualservices/front.yaml": virtualServiceYaml("front", "back"),
  };
}

/** Something that validation refuses: a route to an upstream that there is not. */
export const badFiles: Changes = {
  "virtualservices/front.yaml": virtualServiceYaml("front", "missing"),
};
