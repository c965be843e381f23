import { startCloudService, type CloudService } from "./cloud-service.js";
import type { Answer, Received } from "./function-gateway.js";

/** A function by its path: who may call it. */
export interface AzureFunction {
  readonly level: "anonymous" | "function" | "admin";
  /** The name of its own key. */
  readonly key?: string;
}

/** A function app of Azure on loopback: it wants keys where Azure does, and says what was called. */
export interface AzureService extends CloudService {
  /** By the names that secrets have them under. */
  keys: Readonly<Record<string, string>>;
  functions: Readonly<Record<string, AzureFunction>>;
  /** How many of the next requests are answered with 503. */
  failures: number;
  /** Whether it never answers. */
  hangs: boolean;
}

/** Starts a function app without functions. */
export async function startAzureService(): Promise<AzureService> {
  const cloud = await startCloudService();
  const service: AzureService = Object.assign(cloud, {
    keys: {},
    functions: {},
    failures: 0,
    hangs: false,
  });
  cloud.answer = (request) => {
    if (service.hangs) return undefined;
    if (service.failures > 0) {
      service.failures -= 1;
      return { status: 503 };
    }
    return answerOf(request, service);
  };
  return service;
}

/** https://learn.microsoft.com/azure/azure-functions/function-keys-how-to */
function answerOf({ path, headers }: Received, { functions, keys }: AzureService): Answer {
  const { pathname, searchParams } = new URL(path, "https://azure");
  const target = functions[pathname];
  if (target === undefined) return { status: 404 };
  const given = searchParams.get("code") ?? headers["x-functions-key"];
  const accepted = [
    keys["_master"],
    ...(target.level === "function" && target.key !== undefined ? [keys[target.key]] : []),
  ].filter((key) => key !== undefined && key !== "");
  const isAllowed =
    target.level === "anonymous" || (typeof given === "string" && accepted.includes(given));
  return isAllowed ? { body: `${pathname} has run` } : { status: 401 };
}
