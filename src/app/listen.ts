import { OperationalError } from "./operational-error.js";

/** The settings that an address comes from, for messages. */
export interface AddressSettings {
  readonly addressFlag: string;
  readonly portFlag: string;
  readonly host: string;
  readonly port: number;
}

/** Runs `listen`, and says which setting to change if the address cannot be had. */
export async function listenOn<T>(settings: AddressSettings, listen: () => Promise<T>): Promise<T> {
  const { addressFlag, portFlag, host, port } = settings;
  try {
    return await listen();
  } catch (cause) {
    // grpc-js gives the system's code only within its message.
    const message = cause instanceof Error ? cause.message : String(cause);
    const code = /\b(E[A-Z]{4,})\b/.exec(`${codeOf(cause)} ${message}`)?.[1];
    switch (code) {
      case "EADDRINUSE":
        throw new OperationalError(
          "app/port-taken",
          `port ${port} of ${host} is taken by another process; choose another one with ${portFlag}`,
          { cause },
        );
      case "EACCES":
        throw new OperationalError(
          "app/cannot-listen",
          `this user may not listen on port ${port}; choose one above 1023 with ${portFlag}`,
          { cause },
        );
      case "EADDRNOTAVAIL":
      case "ENOTFOUND":
      case "EAI_AGAIN":
        throw new OperationalError(
          "app/cannot-listen",
          `"${host}" is no address of this machine; see ${addressFlag}`,
          { cause },
        );
      default:
        throw new OperationalError(
          "app/cannot-listen",
          `cannot listen on ${host}, port ${port} (${addressFlag}, ${portFlag}): ${message}`,
          { cause },
        );
    }
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
