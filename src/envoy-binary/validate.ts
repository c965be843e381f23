import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvoyBinaryError } from "./envoy-binary-error.js";
import { runProcess } from "./run-process.js";
import { validationBootstrap, type RoleResources } from "./validation-bootstrap.js";

/** The first thing that Envoy refuses about what a role is served. */
export interface EnvoyComplaint {
  readonly role: string;
  /** In Envoy's own words, one line. */
  readonly message: string;
}

const timeoutMs = 60_000;
const maxMessageLength = 2_000;

/**
 * Lets a real Envoy judge a snapshot (`envoy --mode validate`, one run a role, 0.1 s and more each).
 * Gives what it refuses, at most one complaint a role (Envoy stops at the first), in the order of
 * roles; nothing is served and no port is opened. Throws {@link EnvoyBinaryError} when Envoy cannot be
 * run, and the reason of `signal` when that is aborted.
 */
export async function validateWithEnvoy(
  envoyPath: string,
  snapshot: { readonly roles: ReadonlyMap<string, RoleResources> },
  signal: AbortSignal,
): Promise<readonly EnvoyComplaint[]> {
  const complaints: EnvoyComplaint[] = [];
  for (const role of snapshot.roles.values()) {
    const message = await validateRole(envoyPath, role, signal);
    if (message !== undefined) complaints.push({ role: role.role, message });
  }
  return complaints;
}

/** What Envoy refuses about the resources of one role; undefined: it takes them. */
export async function validateRole(
  envoyPath: string,
  role: RoleResources,
  signal: AbortSignal,
): Promise<string | undefined> {
  return validateBootstrap(envoyPath, validationBootstrap(role), ".pb", signal);
}

/** What Envoy refuses about a bootstrap file; undefined: it takes it. */
export async function validateBootstrap(
  envoyPath: string,
  bootstrap: Uint8Array | string,
  extension: ".pb" | ".json" | ".yaml",
  signal: AbortSignal,
): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "gloo-validate-"));
  const file = join(folder, `bootstrap${extension}`);
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    await writeFile(file, bootstrap, { mode: 0o600 }); // it holds secrets
    const args = ["--mode", "validate", "--config-path", file, "--log-level", "critical"];
    const result = await runProcess(envoyPath, [...args, "--concurrency", "1"], {
      signal: AbortSignal.any([signal, deadline]),
    });
    if (result.code === 0) return undefined;
    const complaint = complaintOf(result.stderr);
    if (complaint !== undefined) return complaint;
    // A crash is a verdict: no Envoy may be sent this. What else can end it says nothing about the config.
    if (result.killedBy === "SIGSEGV" || result.killedBy === "SIGABRT") {
      return `Envoy crashes on this config (${result.killedBy})`;
    }
    throw new Error(
      result.stderr.trim().split("\n").at(-1) || `it was ended by ${result.killedBy}`,
    );
  } catch (cause) {
    if (signal.aborted) throw cause;
    const reason = deadline.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause);
    const code = deadline.aborted ? "envoy/timeout" : "envoy/not-runnable";
    throw new EnvoyBinaryError(code, `Envoy "${envoyPath}": ${reason}`, { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first line of Envoy's verdict, without its log prefix and the name of the file. */
function complaintOf(stderr: string): string | undefined {
  const found = /error initializing configuration '[^']*': ([^\n]*)/.exec(stderr);
  return found?.[1]?.trim().slice(0, maxMessageLength);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
