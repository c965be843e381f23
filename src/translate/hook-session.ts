import { diagnostic, type Diagnostic, type Target } from "../diagnostics/diagnostic.js";
import type { JsonPointer } from "../model/location.js";
import type { Secrets } from "../model/secret.js";
import type { HookContext, TranslationPlugin } from "./plugin.js";

/** A question that was asked about secrets, and its answer: what came of it holds as long as that. */
export interface SecretRead {
  readonly ref: string;
  readonly keys: string | undefined;
}

/** Runs hooks about one object, and keeps what they reported. */
export interface HookSession {
  readonly context: HookContext;
  readonly diagnostics: Diagnostic[];
  readonly secretReads: SecretRead[];
  /** The hook's answer. A hook that throws gives none; that is reported at `pointer`. */
  run<T>(plugin: TranslationPlugin, pointer: JsonPointer, hook: () => T): T | undefined;
}

/** Where in the config a pointer of the object in hand stands. */
export type Place = (pointer: JsonPointer, at?: "key" | "value") => Target;

/** Begins a session about the object whose places `place` knows. */
export function createHookSession(place: Place, secrets: Secrets): HookSession {
  const diagnostics: Diagnostic[] = [];
  const secretReads: SecretRead[] = [];
  const context: HookContext = {
    report(code, params, pointer, at) {
      diagnostics.push(diagnostic(code, params, place(pointer, at)));
    },
    secretKeys(ref) {
      const keys = secrets.get(ref)?.keys;
      secretReads.push({ ref, keys: keysText(keys) });
      return keys;
    },
  };
  return {
    context,
    diagnostics,
    secretReads,
    run(plugin, pointer, hook) {
      try {
        return hook();
      } catch (cause) {
        // A bug of the plugin must not end the process: it becomes an error that refuses the commit.
        context.report("plugin/crashed", { plugin: plugin.name, reason: reasonOf(cause) }, pointer);
        return undefined;
      }
    },
  };
}

/** Whether every answer about secrets would be the same now. */
export function secretReadsHold(reads: readonly SecretRead[], secrets: Secrets): boolean {
  return reads.every(({ ref, keys }) => keysText(secrets.get(ref)?.keys) === keys);
}

function keysText(keys: readonly string[] | undefined): string | undefined {
  return keys === undefined ? undefined : JSON.stringify(keys);
}

function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return text.split("\n", 1)[0] ?? text;
}
