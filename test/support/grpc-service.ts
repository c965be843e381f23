import type { Metadata } from "@grpc/grpc-js";
import {
  Server,
  ServerCredentials,
  type MethodDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import protobuf from "protobufjs";

/** A call as the service got it. */
export interface Call {
  readonly method: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly metadata: Metadata;
}

/** What a method does: messages to answer with, then a status if it is not OK. */
export interface Reply {
  readonly messages?: readonly object[];
  readonly error?: {
    readonly code: number;
    readonly details: string;
    readonly metadata?: Metadata;
  };
  /** Never answers. */
  readonly hangs?: boolean;
}

/** A real gRPC server on loopback. */
export interface GrpcService {
  readonly port: number;
  readonly calls: Call[];
  reply: (call: Call) => Reply;
  close(): Promise<void>;
}

/** Serves the services of .proto texts, which may use each other's types. */
export async function startGrpcService(
  protos: readonly string[],
  names: readonly string[],
): Promise<GrpcService> {
  const root = new protobuf.Root();
  root.addJSON(protobuf.common.get("google/protobuf/timestamp.proto")?.nested ?? {});
  for (const text of protos) protobuf.parse(text, root, { keepCase: true });
  root.resolveAll();
  const server = new Server();
  const calls: Call[] = [];
  const service: GrpcService = {
    port: 0,
    calls,
    reply: () => ({ messages: [{}] }),

    async close() {
      server.forceShutdown();
    },
  };
  for (const name of names) addService(server, root.lookupService(name), service);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return Object.assign(service, { port });
}

function addService(server: Server, described: protobuf.Service, service: GrpcService): void {
  const definition: Record<string, MethodDefinition<unknown, object>> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const method of described.methodsArray) {
    const { resolvedRequestType: input, resolvedResponseType: output } = method;
    if (input === null || output === null) throw new Error(`${method.name} has no types`);
    definition[method.name] = {
      path: `/${described.fullName.slice(1)}/${method.name}`,
      requestStream: false,
      responseStream: method.responseStream === true,
      requestSerialize: () => Buffer.alloc(0),
      requestDeserialize: (bytes) => input.toObject(input.decode(bytes), { longs: String }),
      responseSerialize: (message) =>
        Buffer.from(output.encode(output.fromObject(message)).finish()),
      responseDeserialize: (bytes) => output.decode(bytes),
    };
    const take = (request: unknown, metadata: Metadata): Reply => {
      const call = { method: method.name, request: request as Call["request"], metadata };
      service.calls.push(call);
      return service.reply(call);
    };
    implementation[method.name] =
      method.responseStream === true
        ? (stream: Streaming) => {
            const { messages = [], error, hangs } = take(stream.request, stream.metadata);
            for (const message of messages) stream.write(message);
            if (hangs === true) return;
            if (error) stream.emit("error", error);
            else stream.end();
          }
        : (unary: Unary, answer: (error: object | null, message?: object) => void) => {
            const { messages = [], error, hangs } = take(unary.request, unary.metadata);
            if (hangs !== true) answer(error ?? null, messages[0] ?? {});
          };
  }
  server.addService(definition, implementation);
}

interface Unary {
  readonly request: unknown;
  readonly metadata: Metadata;
}

interface Streaming extends Unary {
  write(message: object): void;
  emit(event: "error", error: object): void;
  end(): void;
}
