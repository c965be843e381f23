import { InvalidArgumentError, Option, type Command } from "commander";

/** What flags say of a route's matcher. */
export interface MatcherFlags {
  readonly event?: string;
  readonly pathExact?: string;
  readonly pathRegex?: string;
  readonly pathPrefix?: string;
  readonly httpMethod?: readonly string[];
  readonly header?: Readonly<Record<string, string>>;
}

/** What flags say of where a route leads. */
export interface DestinationFlags {
  readonly upstream?: string;
  readonly function?: string;
  readonly kubeUpstream?: string;
  readonly kubeNamespace?: string;
  readonly kubePort?: number;
}

/** The flags that choose a route that is there. */
export interface OldFlags {
  readonly oldEvent?: string;
  readonly oldPathExact?: string;
  readonly oldPathRegex?: string;
  readonly oldPathPrefix?: string;
  readonly oldHttpMethod?: readonly string[];
  readonly oldHeader?: Readonly<Record<string, string>>;
  readonly oldUpstream?: string;
  readonly oldFunction?: string;
}

/** Adds `--event`, `--path-…`, `--http-method` and `--header`; with `old`, those that choose a route. */
export function addMatcherFlags(command: Command, old: "" | "old-" = ""): Command {
  const group = old === "" ? "To match requests:" : "To choose the route that is changed:";
  const short = old === "" ? "-e, " : "";
  for (const option of [
    new Option(`${short}--${old}event <type>`, "events of this type"),
    new Option(`--${old}path-exact <path>`, "this very path"),
    new Option(`--${old}path-regex <regex>`, "paths that this matches as a whole"),
    new Option(`--${old}path-prefix <prefix>`, "paths that begin so"),
    new Option(`--${old}http-method <methods>`, "these methods, separated by commas").argParser(
      parseMethods,
    ),
    new Option(
      `--${old}header <headers>`,
      "these headers: name:value, or name alone for any value; separated by commas, or repeated",
    ).argParser(parseHeaders),
  ]) {
    command.addOption(option.helpGroup(group));
  }
  return command;
}

/** Adds `--upstream` and `--function`, and with `kube` those that find an upstream by its Service. */
export function addDestinationFlags(command: Command, kube: "kube" | "plain"): Command {
  const group = "Where it leads:";
  for (const option of [
    new Option("--upstream <name>", "to this upstream"),
    new Option("--function <name>", "to this function of it"),
    ...(kube === "kube"
      ? [
          new Option(
            "--kube-upstream <service>",
            "to the upstream of this Kubernetes Service, instead of --upstream",
          ),
          new Option("--kube-namespace <namespace>", 'of this namespace (default: "default")'),
          new Option("--kube-port <port>", "of this port").argParser(parsePort),
        ]
      : []),
  ]) {
    command.addOption(option.helpGroup(group));
  }
  return command;
}

function parseMethods(text: string, before: readonly string[] = []): readonly string[] {
  const methods = text.split(",").map((method) => method.trim().toUpperCase());
  if (methods.every((method) => /^[A-Z][A-Z0-9_-]*$/.test(method))) return [...before, ...methods];
  throw new InvalidArgumentError("give methods such as GET,POST.");
}

function parseHeaders(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const headers = text.split(",").map((header) => {
    const [name = "", ...value] = header.split(":");
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name.trim())) {
      throw new InvalidArgumentError("give headers such as x-version:2,x-debug.");
    }
    return [name.trim(), value.join(":").trim()] as const;
  });
  return { ...before, ...Object.fromEntries(headers) };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("it is no port.");
}
