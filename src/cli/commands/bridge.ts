import { once } from "node:events";
import { resolve } from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { NatsOptions } from "../../bridge/nats-options.js";
import { subjectFilter } from "../../messages/subject.js";
import { addHelp, type CommandContext } from "../add-command.js";
import { CommandError, ExitCode, type Io } from "../io.js";

interface Options {
  readonly nats: readonly string[];
  readonly creds?: string;
  readonly nkey?: string;
  readonly natsTokenFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly address: string;
  readonly port: number;
  readonly tokenFile?: string;
  readonly allowSubject: readonly string[];
  readonly header: readonly string[];
  readonly timeout: number;
  readonly maxBody: number;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  readonly logFormat: "json" | "pretty";
}

/** `gloo bridge`: publishes to NATS what Envoys send it. */
export function addBridgeCommand(program: Command, { io, finish }: CommandContext): void {
  const command = program
    .command("bridge")
    .summary("publish what Envoys send to subjects of NATS")
    .description(
      "Takes messages from Envoys over HTTP and publishes them to NATS: the back end of upstreams of " +
        "service type nats and nats-streaming. Answers 200 when a stream of JetStream has acknowledged " +
        "the message and not before; see docs/functions/messages.md. Runs until it is told to end, and " +
        "connects to NATS again and again. Each option can be set by GLOO_BRIDGE_<NAME> too.",
    );
  for (const option of [...natsOptions(), ...serverOptions()]) {
    command.addOption(option.env(environmentName(option)));
  }
  command.action(async (options: Options) => {
    finish(await run(options, io));
  });
  addHelp(
    command,
    [
      {
        command: "gloo bridge --nats nats://127.0.0.1:4222",
        what: "Beside an Envoy on the same machine, which reaches it at 127.0.0.1:8091",
      },
      {
        command:
          "gloo bridge --nats tls://nats-1:4222,tls://nats-2:4222 --creds bridge.creds --allow-subject 'orders.>'",
        what: "To a cluster, with credentials, and to one family of subjects only",
      },
      {
        command: "gloo bridge --address 0.0.0.0 --token-file bridge-token",
        what: "For Envoys elsewhere, which show the token of the upstream's secret_ref",
      },
    ],
    {
      0: "it was told to end (SIGINT, SIGTERM), and has answered what was under way",
      2: "it cannot run: an option, a file or the port is not as it should be",
    },
  );
}

function natsOptions(): readonly Option[] {
  return [
    new Option("--nats <url...>", "where NATS is; several servers are tried in turn")
      .argParser(listOf(parseServer))
      .default(["nats://127.0.0.1:4222"], "nats://127.0.0.1:4222"),
    new Option("--creds <file>", "credentials file (JWT and seed)"),
    new Option("--nkey <file>", "file with the seed of an nkey").conflicts("creds"),
    new Option("--nats-token-file <file>", "file with a token").conflicts(["creds", "nkey"]),
    new Option("--user <name>", "user name").conflicts(["creds", "nkey", "natsTokenFile"]),
    new Option("--password-file <file>", "file with the password of --user"),
    new Option("--tls-ca <file>", "trust servers whose certificate this CA signed"),
    new Option("--tls-cert <file>", "certificate that NATS is shown"),
    new Option("--tls-key <file>", "key of that certificate"),
  ];
}

function serverOptions(): readonly Option[] {
  return [
    new Option(
      "--address <host>",
      "address to listen on; off loopback --token-file is required",
    ).default("127.0.0.1"),
    new Option("--port <number>", "port to listen on; 0: any that is free")
      .argParser(parseWhole(65_535))
      .default(8091),
    new Option("--token-file <file>", "file with the token that Envoys have to show"),
    new Option(
      "--allow-subject <pattern...>",
      "publish only to subjects like orders.> or *.created",
    )
      .argParser(listOf(parsePattern))
      .default([], "every subject"),
    new Option("--header <name...>", "give messages this header of requests too")
      .argParser(listOf(parseHeader))
      .default([], "none"),
    new Option("--timeout <seconds>", "how long an acknowledgement or a reply may take")
      .argParser(parseSeconds)
      .default(5),
    new Option("--max-body <bytes>", "refuse larger messages")
      .argParser(parseWhole(64 * 1024 * 1024))
      .default(1024 * 1024),
    new Option("--log-level <level>", "what is logged")
      .choices(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
      .default("info"),
    new Option("--log-format <format>", "for machines or for people")
      .choices(["json", "pretty"])
      .default("json"),
  ];
}

function environmentName(option: Option): string {
  return `GLOO_BRIDGE_${option.name().replaceAll("-", "_").toUpperCase()}`;
}

/** Reads each part of a list: the option may come several times, and have commas. */
function listOf(parse: (text: string) => string) {
  const seen = new WeakSet<readonly string[]>();
  return (text: string, before: readonly string[]): readonly string[] => {
    const parts = text.split(",").map((part) => parse(part.trim()));
    // What is there at first is the default, which the first of the option replaces.
    const all = seen.has(before) ? [...before, ...parts] : parts;
    seen.add(all);
    return all;
  };
}

function parseServer(text: string): string {
  const match = /^(?:(?:nats|tls):\/\/)?([^/?#]+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError("it is not of the form nats://host:port.");
  if (match[1]?.includes("@")) {
    // Who lists the processes of a machine would see them.
    throw new InvalidArgumentError(
      "credentials belong into a file: --creds, --nkey, --password-file.",
    );
  }
  return text;
}

function parsePattern(text: string): string {
  if (subjectFilter(text) === undefined) {
    throw new InvalidArgumentError("it is no pattern of subjects; orders.> and *.created are.");
  }
  return text;
}

function parseHeader(text: string): string {
  const name = text.toLowerCase();
  if (name === "") throw new InvalidArgumentError("it is no name of a header.");
  return name;
}

function parseSeconds(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(seconds >= 0.01 && seconds <= 3600)) {
    throw new InvalidArgumentError("it is not 0.01 to 3600.");
  }
  return seconds;
}

function parseWhole(max: number) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value <= max)) throw new InvalidArgumentError(`it is no whole number from 0 to ${max}.`);
    return value;
  };
}

async function run(options: Options, io: Io): Promise<ExitCode> {
  const nats = natsOf(options, io.cwd);
  const { isLoopback } = await import("../../app/settings.js");
  if (options.tokenFile === undefined && !isLoopback(options.address)) {
    throw new CommandError(
      `--address ${options.address} is not loopback, so --token-file is required: ` +
        "else whoever reaches the port could publish",
    );
  }
  await checkHeaders(options.header);
  const { readNatsOptions } = await import("../../bridge/nats-options.js");
  await readNatsOptions(nats); // a file that is missing is a mistake in the options
  const { createSecretFile } = await import("../../admin/secret-file.js");
  const token =
    options.tokenFile === undefined
      ? undefined
      : createSecretFile(resolve(io.cwd, options.tokenFile), "the bridge's token");
  await token?.read();
  const { createLogger } = await import("../../app/logger.js");
  const log = createLogger({
    ...options,
    write: (line) => {
      io.stdout(line);
    },
    color: io.style.isColorSupported,
  });
  const { createBridge } = await import("../../bridge/bridge.js");
  const bridge = createBridge({
    nats,
    host: options.address,
    port: options.port,
    token,
    allowed: options.allowSubject.flatMap((pattern) => subjectFilter(pattern) ?? []),
    extraHeaders: new Set(options.header),
    timeoutMs: options.timeout * 1000,
    maxBodyBytes: options.maxBody,
    log,
  });
  try {
    const { listenOn } = await import("../../app/listen.js");
    const address = { addressFlag: "--address", portFlag: "--port", host: options.address };
    const at = await listenOn({ ...address, port: options.port }, () => bridge.listen());
    log.info({ ...at, nats: options.nats }, "started");
    if (!io.signal.aborted) await once(io.signal, "abort");
    log.info("ending");
  } finally {
    await bridge.close();
  }
  log.info("ended");
  return ExitCode.Ok;
}

/** The options about NATS, with paths from the folder that the process was started in. */
function natsOf(options: Options, cwd: string): NatsOptions {
  const { nats: servers, creds, nkey, natsTokenFile, user, passwordFile } = options;
  const { tlsCa, tlsCert, tlsKey } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new CommandError("--tls-cert and --tls-key go together");
  }
  if (passwordFile !== undefined && user === undefined) {
    throw new CommandError("--password-file is the password of a --user, which is missing");
  }
  const files = {
    credsFile: creds,
    nkeyFile: nkey,
    natsTokenFile,
    passwordFile,
    tlsCa,
    tlsCert,
    tlsKey,
  };
  const given = Object.entries(files).flatMap(([key, path]) =>
    path === undefined ? [] : [[key, resolve(cwd, path)] as const],
  );
  return { servers, ...(user !== undefined && { user }), ...Object.fromEntries(given) };
}

async function checkHeaders(names: readonly string[]): Promise<void> {
  const { isCarriable } = await import("../../bridge/message-headers.js");
  const wrong = names.find((name) => !isCarriable(name));
  if (wrong === undefined) return;
  throw new CommandError(
    `--header "${wrong}" cannot be one of messages: it is no header's name, a credential, or one that steers NATS`,
  );
}
