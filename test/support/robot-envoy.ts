import { Client, credentials } from "@grpc/grpc-js";
import { createHash } from "node:crypto";
import { decode, encode } from "../../src/envoy/codec.js";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
} from "../../src/envoy/generated/messages.js";
import { typeUrls } from "../../src/envoy/type-urls.js";
import { poll } from "./envoy-process.js";

/** What an Envoy that reads everything has, by type and name: the version and a hash of the bytes. */
export type Holdings = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A real ADS client over delta that asks for everything, and takes or refuses it as it is told. */
export interface RobotEnvoy {
  /** What it has taken so far. */
  holdings(): Holdings;
  /** Resolves when what it has taken fulfils a condition. */
  waitFor(what: string, condition: (holdings: Holdings) => boolean): Promise<Holdings>;
  /** Gives why a response is refused; undefined: it is taken. */
  refuses: (response: DeltaDiscoveryResponse) => string | undefined;
  /** Answers nothing while true; what came is answered afterwards. */
  silent: boolean;
  /** Responses so far, answered or not. */
  readonly responses: readonly DeltaDiscoveryResponse[];
  /** Goes away, as a process that is killed does. */
  close(): void;
}

const discovery = "envoy.service.discovery.v3";

/** Connects an Envoy with this node id to a server on loopback. */
export function connectRobotEnvoy(port: number, nodeId: string): RobotEnvoy {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
  });
  const call = client.makeBidiStreamRequest<DeltaDiscoveryRequest, DeltaDiscoveryResponse>(
    `/${discovery}.AggregatedDiscoveryService/DeltaAggregatedResources`,
    (request) => Buffer.from(encode(`${discovery}.DeltaDiscoveryRequest`, request)),
    (bytes) => decode(`${discovery}.DeltaDiscoveryResponse`, bytes),
  );
  const held = new Map<string, Map<string, string>>();
  const responses: DeltaDiscoveryResponse[] = [];
  let unanswered: DeltaDiscoveryResponse[] = [];
  let silent = false;

  const take = (response: DeltaDiscoveryResponse): void => {
    const { type_url = "", nonce = "" } = response;
    const message = robot.refuses(response);
    if (message === undefined) {
      const ofType = held.get(type_url) ?? new Map<string, string>();
      held.set(type_url, ofType);
      for (const { name = "", version = "", resource } of response.resources ?? []) {
        const hash = createHash("sha256")
          .update(resource?.value ?? "")
          .digest("hex");
        ofType.set(name, `${version} ${hash}`);
      }
      for (const name of response.removed_resources ?? []) ofType.delete(name);
    }
    call.write({
      type_url,
      response_nonce: nonce,
      ...(message === undefined ? {} : { error_detail: { code: 13, message } }),
    });
  };

  const robot: RobotEnvoy = {
    refuses: () => undefined,
    get silent() {
      return silent;
    },
    set silent(value) {
      silent = value;
      if (silent) return;
      const answers = unanswered;
      unanswered = [];
      for (const response of answers) take(response);
    },
    responses,
    holdings: () =>
      Object.fromEntries([...held].map(([type, names]) => [type, Object.fromEntries(names)])),
    waitFor: (what, condition) =>
      poll(what, () => (condition(robot.holdings()) ? robot.holdings() : undefined)),
    close() {
      call.cancel();
      client.close();
    },
  };

  Object.values(typeUrls).forEach((type_url, index) => {
    const node = index === 0 ? { node: { id: nodeId } } : {};
    call.write({ type_url, resource_names_subscribe: ["*"], ...node });
  });
  call.on("data", (response: DeltaDiscoveryResponse) => {
    responses.push(response);
    if (silent) unanswered.push(response);
    else take(response);
  });
  call.on("error", () => undefined); // the server, or this client, has gone
  return robot;
}
