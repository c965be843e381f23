import type { JsonObject } from "../../lib/json.js";
import type { Upstream, UpstreamFunction } from "../../model/upstream.js";
import type { VirtualService } from "../../model/virtual-service.js";
import type { ObjectWriteOptions, RepositoryOptions } from "../commands/repository-options.js";
import { renderObject } from "../../edit/edit-file.js";
import { CommandError, ExitCode, type Io } from "../io.js";
import { formatTable } from "../table.js";
import { agrees } from "./ask/agrees.js";
import { makeCommit } from "./make-commit.js";
import { withConfig } from "./open-config.js";
import type { OutputForm } from "./print-objects.js";
import { Refusal } from "./refusal.js";
import { destinationsOf } from "./route/describe-route.js";
import { readMapping } from "./route/read-routes.js";

/** A function, and the routes that lead to it. */
export interface FunctionView {
  readonly upstream: string;
  readonly name: string;
  /** Such as `virtualservice/web, route 2`. */
  readonly routes: readonly string[];
  readonly spec: JsonObject;
}

/** `gloo function get` */
export function printFunctions(
  name: string | undefined,
  options: RepositoryOptions & { readonly upstream?: string; readonly output: OutputForm },
  io: Io,
): Promise<ExitCode> {
  return withConfig(options, io, "read", async ({ client }) => {
    const { signal } = io;
    const upstreams =
      options.upstream === undefined
        ? await client.upstreams.list({ signal })
        : [await client.upstreams.get(options.upstream, { signal })];
    const services = (await client.virtualServices.list({ signal })).filter(isSound);
    const all = upstreams
      .filter(isSound)
      .flatMap(({ value }) =>
        functionsOf(
          value,
          services.map((service) => service.value),
        ),
      )
      .filter((view) => name === undefined || view.name === name);
    if (name !== undefined && all.length === 0) {
      throw new CommandError(`there is no function "${name}"; \`gloo function get\` lists all`);
    }
    io.stdout(formatFunctions(all, options.output, io));
    return ExitCode.Ok;
  });
}

/** What an object with mistakes says cannot be told. */
function isSound(object: { readonly isSound: boolean }): boolean {
  return object.isSound;
}

function functionsOf(
  { name: upstream, functions = [] }: Upstream,
  services: readonly VirtualService[],
): readonly FunctionView[] {
  return functions.map(({ name, spec = {} }) => ({
    upstream,
    name,
    routes: services.flatMap((service) =>
      service.routes.flatMap((route, i) => {
        const leads = destinationsOf(route).some(
          ({ function: fn }) => fn?.upstream_name === upstream && fn.function_name === name,
        );
        return leads ? [`virtualservice/${service.name}, route ${i + 1}`] : [];
      }),
    ),
    spec,
  }));
}

function formatFunctions(all: readonly FunctionView[], form: OutputForm, io: Io): string {
  switch (form) {
    case "table":
      if (all.length === 0) return "no functions\n";
      return formatTable(
        ["Upstream", "Function", "Routes"],
        all.flatMap(({ upstream, name, routes }) =>
          (routes.length === 0 ? [""] : routes).map((route, i) =>
            i === 0 ? [upstream, name, route] : ["", "", route],
          ),
        ),
        io.isTerminal,
      );
    case "yaml":
      return all.map((view) => renderObject({ ...view })).join("---\n");
    case "json":
      return `${JSON.stringify(all, undefined, 2)}\n`;
  }
}

/** The options of commands that write functions. */
export interface FunctionWriteOptions extends ObjectWriteOptions {
  readonly upstream: string;
  readonly file?: string;
  readonly force?: boolean;
  readonly yes?: boolean;
}

/** `gloo function create`, `update` and `delete` */
export function writeFunction(
  verb: "create" | "update" | "delete",
  name: string,
  options: FunctionWriteOptions,
  io: Io,
): Promise<ExitCode> {
  return withConfig(options, io, "write", async (config) => {
    const { signal } = io;
    const stored = await config.client.upstreams.get(options.upstream, { signal });
    const { value, resourceVersion } = stored;
    if (!isSound(stored)) {
      throw new CommandError(`upstream/${stored.name} has mistakes; \`gloo check\` says which`);
    }
    const before = value.functions ?? [];
    const isThere = before.some((fn) => fn.name === name);
    const where = `upstream/${value.name}`;
    if (isThere && verb === "create") {
      throw new CommandError(`${where} has a function "${name}" already`);
    }
    if (!isThere && verb !== "create") throw new CommandError(`${where} has no function "${name}"`);
    if (verb === "delete") {
      const services = (await config.client.virtualServices.list({ signal }))
        .filter(isSound)
        .map((service) => service.value);
      const { routes = [] } = functionsOf(value, services).find((view) => view.name === name) ?? {};
      if (routes.length > 0 && options.force !== true) {
        const list = routes.map((route) => `  ${route}\n`).join("");
        throw new Refusal(
          `gloo: function ${name} of ${where} is in use; nothing was written\n${list}gloo: change them first, or give --force`,
        );
      }
      const question = `Delete function ${name} of ${where}?`;
      if (options.dryRun !== true && !(await agrees(question, options, io))) {
        return ExitCode.Invalid;
      }
    }
    const spec = options.file === undefined ? undefined : await readMapping(options.file, io);
    const made: UpstreamFunction = { name, ...(spec === undefined ? {} : { spec }) };
    const functions = {
      create: [...before, made],
      update: before.map((fn) => (fn.name === name ? made : fn)),
      delete: before.filter((fn) => fn.name !== name),
    }[verb];
    const { functions: _, ...rest } = value;
    const after = functions.length === 0 ? rest : { ...rest, functions };
    const write = { op: "update", kind: "Upstream", value: after, resourceVersion } as const;
    const at = { kind: "Upstream", name: value.name } as const;
    const action = ({ create: "created", update: "updated", delete: "deleted" } as const)[verb];
    const deed = { action, what: `function ${name} of ${where}`, at } as const;
    const title = { create: "Create", update: "Update", delete: "Delete" }[verb];
    const job = {
      writes: [write],
      deeds: [deed],
      message: `${title} ${deed.what}`,
      isForced: options.force === true,
    };
    return makeCommit(config, job, options, io);
  });
}
