import type { Changes } from "./git-repo.js";

/** The measures of a generated config tree. The defaults are those of the benchmarks' tree T. */
export interface TreeTOptions {
  /** Static upstreams, one a file. Default: 10,000. */
  readonly upstreams?: number;
  /** Virtual services, one a file. Default: 1,000. */
  readonly virtualServices?: number;
  /** Routes of each virtual service. Default: 10. */
  readonly routes?: number;
  /** Folders that hold files; half of them hold upstreams. Default: 200. */
  readonly folders?: number;
  /** Where every upstream leads. Default: two made-up addresses of 10.0.0.0/8, of its own each. */
  readonly host?: { readonly addr: string; readonly port: number };
}

/** The path of upstream number `index` in the tree. */
export function upstreamPath(index: number, options: TreeTOptions = {}): string {
  return `${teamOf(index, options)}/upstreams/${upstreamName(index)}.yaml`;
}

/** The path of virtual service number `index` in the tree. */
export function virtualServicePath(index: number, options: TreeTOptions = {}): string {
  return `${teamOf(index, options)}/virtualservices/${virtualServiceName(index)}.yaml`;
}

/** The domain that virtual service number `index` answers for. */
export function domainOf(index: number): string {
  return `${virtualServiceName(index)}.example.com`;
}

/** The name of upstream number `index`. */
export function upstreamName(index: number): string {
  return `us${String(index).padStart(5, "0")}`;
}

/** The text of upstream number `index`. `port` changes one line of it. */
export function upstreamText(index: number, options: TreeTOptions = {}, port = 8080): string {
  const hosts =
    options.host === undefined
      ? addressesOf(index).map((addr) => `    - addr: ${addr}\n      port: ${port}\n`)
      : [`    - addr: ${options.host.addr}\n      port: ${options.host.port}\n`];
  return `name: ${upstreamName(index)}\ntype: static\nspec:\n  hosts:\n${hosts.join("")}`;
}

/**
 * The text of virtual service number `index`. Its routes lead to upstreams of their own, so that
 * with as many routes as upstreams each upstream is referred to. `marker` changes one line of it.
 */
export function virtualServiceText(
  index: number,
  options: TreeTOptions = {},
  marker = "/",
): string {
  const { upstreams = 10_000, routes = 10 } = options;
  const text = [`name: ${virtualServiceName(index)}\ndomains:\n  - ${domainOf(index)}\nroutes:\n`];
  for (let route = 0; route < routes; route++) {
    text.push(
      "  - request_matcher:\n",
      `      path_prefix: /route${route}/\n`,
      "    single_destination:\n",
      "      upstream:\n",
      `        name: ${upstreamName((index * routes + route) % upstreams)}\n`,
      route === 0 ? `    prefix_rewrite: ${marker}\n` : "    prefix_rewrite: /\n",
    );
  }
  return text.join("");
}

/** Every file of the tree: path → text. Equal options give equal trees. */
export function treeT(options: TreeTOptions = {}): Changes {
  const { upstreams = 10_000, virtualServices = 1_000 } = options;
  const files: Record<string, string> = {};
  for (let index = 0; index < upstreams; index++) {
    files[upstreamPath(index, options)] = upstreamText(index, options);
  }
  for (let index = 0; index < virtualServices; index++) {
    files[virtualServicePath(index, options)] = virtualServiceText(index, options);
  }
  return files;
}

function virtualServiceName(index: number): string {
  return `vs${String(index).padStart(4, "0")}`;
}

function teamOf(index: number, { folders = 200 }: TreeTOptions): string {
  const teams = Math.max(1, Math.floor(folders / 2));
  return `teams/team${String(index % teams).padStart(3, "0")}`;
}

function addressesOf(index: number): readonly string[] {
  const [high, middle, low] = [(index >> 16) & 127, (index >> 8) & 255, index & 255];
  const first = `10.${high}.${middle}.${low}`;
  return index % 2 === 0 ? [first] : [first, `10.${high + 128}.${middle}.${low}`];
}
