import { Option, type Command } from "commander";
import { addHelp, type CommandContext } from "../add-command.js";
import type { BootstrapOptions, BootstrapTls } from "../bootstrap/envoy-bootstrap.js";
import { parseHostPort, parsePort, type HostPort } from "../host-port.js";
import { CommandError, ExitCode } from "../io.js";

interface Options {
  readonly role: string;
  readonly id: string;
  readonly xds: HostPort;
  readonly variant: "delta" | "sotw";
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsName?: string;
  readonly adminPort?: number;
  readonly format: "yaml" | "json";
}

/** `gloo bootstrap`: prints a bootstrap file for the Envoys of a role. */
export function addBootstrapCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("bootstrap")
    .summary("print an Envoy bootstrap file for a role")
    .description(
      "Prints a bootstrap file that makes a stock Envoy one of a role's: it asks the control plane " +
        "for everything over ADS. Touches nothing and connects to nothing.",
    )
    .option("--role <role>", "the role that the Envoy serves", "ingress")
    .option("--id <name>", "what tells this Envoy from others of the role", "envoy")
    .addOption(
      new Option("--xds <host:port>", "where `gloo serve` answers Envoys")
        .argParser(parseHostPort)
        .default({ host: "127.0.0.1", port: 8081 }, "127.0.0.1:8081"),
    )
    .addOption(
      new Option("--variant <variant>", "send what changed, or the state of the world each time")
        .choices(["delta", "sotw"])
        .default("delta"),
    )
    .option(
      "--tls-ca <file>",
      "encrypt, and trust a control plane whose certificate this CA signed",
    )
    .option("--tls-cert <file>", "certificate that Envoy shows to the control plane (mTLS)")
    .option("--tls-key <file>", "key of that certificate")
    .option("--tls-name <name>", "name in the control plane's certificate (default: host of --xds)")
    .addOption(
      new Option("--admin-port <port>", "open Envoy's admin pages on loopback").argParser(
        parsePort,
      ),
    )
    .addOption(
      new Option("--format <format>", "as Envoy reads both")
        .choices(["yaml", "json"])
        .default("yaml"),
    )
    .addOption(new Option("--json", "the same as --format json").implies({ format: "json" }))
    .action(async (options: Options) => {
      const { renderBootstrap } = await import("../bootstrap/render-bootstrap.js");
      io.stdout(renderBootstrap(bootstrapOptions(options), options.format));
      finish(ExitCode.Ok);
    });
  addHelp(
    command,
    [
      {
        command: "gloo bootstrap --xds gloo.internal:8081 > envoy.yaml && envoy -c envoy.yaml",
        what: "An Envoy of role ingress, beside which nothing else is needed",
      },
      {
        command:
          "gloo bootstrap --role edge > edge.yaml && envoy -c edge.yaml --service-node edge~$HOSTNAME",
        what: "One file for many Envoys, each with a name of its own",
      },
      {
        command:
          "gloo bootstrap --xds gloo.internal:8081 --tls-ca ca.pem --tls-cert edge.pem --tls-key edge.key",
        what: "Mutual TLS; the files are read by Envoy, where it runs",
      },
    ],
    { 0: "the file was printed", 2: "the options do not go together" },
  );
}

function bootstrapOptions(options: Options): BootstrapOptions {
  for (const [name, text] of [
    ["--role", options.role],
    ["--id", options.id],
  ] as const) {
    if (text === "") throw new CommandError(`${name} is empty; Envoy's node id is made of it`);
  }
  if (options.role.includes("~")) {
    throw new CommandError(
      `the role "${options.role}" has a "~", which ends the role in a node id`,
    );
  }
  const tls = tlsOf(options);
  return {
    role: options.role,
    name: options.id,
    xds: options.xds,
    variant: options.variant,
    ...(tls ? { tls } : {}),
    ...(options.adminPort === undefined ? {} : { adminPort: options.adminPort }),
  };
}

function tlsOf({ tlsCa, tlsCert, tlsKey, tlsName, xds }: Options): BootstrapTls | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new CommandError("--tls-cert and --tls-key go together");
  }
  if (tlsCa === undefined) {
    if (tlsCert !== undefined || tlsName !== undefined) {
      throw new CommandError("TLS needs --tls-ca, to know the control plane by");
    }
    return undefined;
  }
  return {
    caFile: tlsCa,
    serverName: tlsName ?? xds.host,
    ...(tlsCert !== undefined && tlsKey !== undefined
      ? { client: { certFile: tlsCert, keyFile: tlsKey } }
      : {}),
  };
}
