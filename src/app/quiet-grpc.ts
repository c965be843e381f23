import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";

/** The gRPC library's own log would go to stderr, past ours; what it knows comes as errors too. */
export function quietGrpc(): void {
  setLogVerbosity(logVerbosity.NONE);
}
