import { diagnostic, type Diagnostic, type Target } from "../diagnostics/diagnostic.js";
import type { JsonPointer, PlaceAt } from "../model/location.js";
import type { ConfigFile, ConfigFiles } from "../model/config-file.js";
import type { Secrets } from "../model/secret.js";
import type { HookContext, TranslationPlugin } from "./plugin.js";

/** What hooks may ask about besides the object in hand. */
export interface HookInputs {
  readonly secrets: Secrets;
  readonly files: ConfigFiles;
  /** Upstream types that have an endpoint source. The same as long as the plugins are. */
  readonly watchedTypes: ReadonlySet<string>;
}

/** A question that a hook asked, and its answer: what came of it holds as long as that. */
export type HookRead =
  | { readonly kind: "secret"; readonly ref: string; readonly keys: string | undefined }
  | {
      readonly kind: "file";
      readonly name: string;
      /** Undefined: there was no such file among `files`, whose names may have been hinted at. */
      readonly file: ConfigFile | undefined;
      readonly files: ConfigFiles;
    };

/** Runs hooks about one object, and keeps what they reported. */
export interface HookSession {
  readonly context: HookContext;
  readonly diagnostics: Diagnostic[];
  readonly reads: HookRead[];
  /** The hook's answer. A hook that throws gives none; that is reported at `pointer`. */
  run<T>(plugin: TranslationPlugin, pointer: JsonPointer, hook: () => T): T | undefined;
}

/** Where in the config a pointer of the object in hand stands. */
export type Place = (pointer: JsonPointer, at?: PlaceAt) => Target;

/** Begins a session about the object whose places `place` knows. */
export function createHookSession(
  place: Place,
  { secrets, files, watchedTypes }: HookInputs,
): HookSession {
  const diagnostics: Diagnostic[] = [];
  const reads: HookRead[] = [];
  const context: HookContext = {
    report(code, params, pointer, at) {
      diagnostics.push(diagnostic(code, params, place(pointer, at)));
    },
    secretKeys(ref) {
      const keys = secrets.get(ref)?.keys;
      reads.push({ kind: "secret", ref, keys: keysText(keys) });
      return keys;
    },
    file(name) {
      const file = files.get(name);
      reads.push({ kind: "file", name, file, files });
      return file;
    },
    fileNames: () => files.keys(),
    isWatched: (upstreamType) => watchedTypes.has(upstreamType),
  };
  return {
    context,
    diagnostics,
    reads,
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

/** Whether every answer would be the same now. */
export function readsHold(reads: readonly HookRead[], { secrets, files }: HookInputs): boolean {
  return reads.every((read) => {
    if (read.kind === "secret") return keysText(secrets.get(read.ref)?.keys) === read.keys;
    return read.file === undefined ? files === read.files : files.get(read.name) === read.file;
  });
}

function keysText(keys: readonly string[] | undefined): string | undefined {
  return keys === undefined ? undefined : JSON.stringify(keys);
}

function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return text.split("\n", 1)[0] ?? text;
}
