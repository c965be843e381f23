import type { Stored } from "../../../client/stored.js";
import type { Route, VirtualService } from "../../../model/virtual-service.js";
import type { ObjectWriteOptions } from "../../commands/repository-options.js";
import { CommandError, ExitCode, type Io } from "../../io.js";
import { agrees } from "../ask/agrees.js";
import { askRoute } from "../ask/ask-route.js";
import { createQuestions } from "../ask/questions.js";
import { makeCommit, type Deed } from "../make-commit.js";
import { withConfig, type OpenConfig } from "../open-config.js";
import { chooseRoutes } from "./choose-route.js";
import { sameRoute } from "./compare-routes.js";
import { describeDestination, describeMatcher } from "./describe-route.js";
import {
  findVirtualService,
  requireVirtualService,
  type VirtualServiceChoice,
} from "./find-virtual-service.js";
import { destinationOf, matcherOf, oldFlagsOf } from "./read-route-flags.js";
import { readMapping, readRoutes } from "./read-routes.js";
import type { DestinationFlags, MatcherFlags, OldFlags } from "./route-flags.js";
import { sortRoutes } from "./sort-routes.js";

/** The options of commands that write routes. Each has some of them. */
export interface RouteWriteOptions
  extends ObjectWriteOptions, VirtualServiceChoice, MatcherFlags, DestinationFlags, OldFlags {
  readonly file?: string;
  readonly index?: number;
  readonly prefixRewrite?: string;
  readonly extensions?: string;
  readonly sort?: boolean;
  readonly interactive?: boolean;
  readonly yes?: boolean;
}

/** `gloo route create` */
export function createRoute(options: RouteWriteOptions, io: Io): Promise<ExitCode> {
  return withConfig(options, io, "write", async (config) => {
    const made = await newRoutes(config, options, io);
    const found = await findVirtualService(config.client, options, io.signal);
    if (found !== undefined) {
      const { value } = await requireVirtualService(config.client, options, io.signal);
      const routes = [...value.routes];
      routes.splice((options.index ?? routes.length + 1) - 1, 0, ...made);
      return commitRoutes(config, found, { routes, made, action: "created" }, options, io);
    }
    const value = { name: "default", routes: options.sort === true ? sortRoutes(made) : made };
    const at = { kind: "VirtualService", name: value.name } as const;
    // What a route is made of is JSON.
    const write = {
      op: "create",
      kind: at.kind,
      value: JSON.parse(JSON.stringify(value)),
    } as const;
    const deeds: readonly Deed[] = [
      { action: "created", what: "virtualservice/default, for all hosts,", at },
    ];
    return makeCommit(config, { writes: [write], deeds }, options, io);
  });
}

async function newRoutes(
  { client }: OpenConfig,
  options: RouteWriteOptions,
  io: Io,
): Promise<readonly Route[]> {
  if (options.file !== undefined) {
    if (matcherOf(options) === undefined && options.upstream === undefined) {
      return readRoutes(options.file, io);
    }
    throw new CommandError("-f FILE says it all; leave out the flags that describe a route");
  }
  if (options.interactive === true) {
    const questions = createQuestions(io, "give flags, such as --path-prefix / --upstream NAME");
    return [await askRoute(questions, client, io.signal)];
  }
  const matcher = matcherOf(options);
  const destination = await destinationOf(options, client, io.signal);
  if (matcher === undefined || destination === undefined) {
    const missing =
      matcher === undefined
        ? "what does it match? Give --path-prefix, --path-exact, --path-regex or --event"
        : "where does it lead? Give --upstream, and --function for a function of it";
    throw new CommandError(`${missing}; or a route by -f FILE`);
  }
  return [{ ...matcher, single_destination: destination, ...(await partsOf({}, options, io)) }];
}

/** What a route has beside matcher and destinations, with what options add. */
async function partsOf(
  before: Pick<Route, "prefix_rewrite" | "extensions">,
  { prefixRewrite, extensions: file }: RouteWriteOptions,
  io: Io,
): Promise<Pick<Route, "prefix_rewrite" | "extensions">> {
  const rewrite = prefixRewrite ?? before.prefix_rewrite;
  const given = file === undefined ? {} : await readMapping(file, io);
  const extensions = { ...before.extensions, ...given };
  return {
    ...(rewrite === undefined ? {} : { prefix_rewrite: rewrite }),
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  };
}

/** `gloo route update` */
export function updateRoute(options: RouteWriteOptions, io: Io): Promise<ExitCode> {
  return withConfig(options, io, "write", async (config) => {
    const { client } = config;
    const stored = await requireVirtualService(client, options, io.signal);
    const old = oldFlagsOf(options);
    const choice = {
      ...(options.index === undefined ? {} : { index: options.index }),
      matcher: matcherOf(old),
      destination: await destinationOf(old, client, io.signal),
    };
    const names = {
      where: `virtualservice/${stored.name}`,
      how: "flags such as --old-path-prefix",
    };
    const [place = 0, another] = chooseRoutes(stored.value.routes, choice, names);
    if (another !== undefined) {
      throw new CommandError(
        `several routes of ${names.where} are such; choose by --index (\`gloo route get\` has the numbers)`,
      );
    }
    const before = stored.value.routes[place];
    if (before === undefined) throw new CommandError(`there is no route ${place + 1}`);
    const after = await changedRoute(before, config, options, io);
    const routes = stored.value.routes.map((route, i) => (i === place ? after : route));
    return commitRoutes(config, stored, { routes, made: [after], action: "updated" }, options, io);
  });
}

async function changedRoute(
  before: Route,
  { client }: OpenConfig,
  options: RouteWriteOptions,
  io: Io,
): Promise<Route> {
  if (options.file !== undefined) {
    const [route, another] = await readRoutes(options.file, io);
    if (route !== undefined && another === undefined) return route;
    throw new CommandError("-f holds several routes, and one is changed; give a file with one");
  }
  const { request_matcher: request, event_matcher: event, ...rest } = before;
  const matcherBefore = {
    ...(request === undefined ? {} : { request_matcher: request }),
    ...(event === undefined ? {} : { event_matcher: event }),
  };
  const matcher = matcherOf(options, matcherBefore) ?? matcherBefore;
  const destination = await destinationOf(options, client, io.signal);
  const { single_destination: single, multiple_destinations: several, ...others } = rest;
  const destinations =
    destination !== undefined
      ? { single_destination: destination }
      : {
          ...(single === undefined ? {} : { single_destination: single }),
          ...(several === undefined ? {} : { multiple_destinations: several }),
        };
  return { ...matcher, ...destinations, ...(await partsOf(others, options, io)) };
}

/** `gloo route delete` */
export function deleteRoutes(options: RouteWriteOptions, io: Io): Promise<ExitCode> {
  return withConfig(options, io, "write", async (config) => {
    const stored = await requireVirtualService(config.client, options, io.signal);
    const { routes: all } = stored.value;
    const index = options.interactive === true ? await askWhich(all, io) : options.index;
    const choice = {
      ...(index === undefined ? {} : { index }),
      matcher: matcherOf(options),
      destination: await destinationOf(options, config.client, io.signal),
    };
    const where = `virtualservice/${stored.name}`;
    const places = new Set(
      chooseRoutes(all, choice, { where, how: "flags such as --path-prefix" }),
    );
    const lines = [...places].map((i) => describeOne(all, i)).join(", ");
    const isSure = options.dryRun === true || (await agrees(`Delete ${lines}?`, options, io));
    if (!isSure) return ExitCode.Invalid;
    const routes = all.filter((_, i) => !places.has(i));
    const deeds = [...places].map((i): Deed => {
      const at = { kind: "VirtualService", name: stored.name } as const;
      return { action: "deleted", what: `route ${i + 1} of ${where}`, at };
    });
    return writeRoutes(config, stored, routes, deeds, options, io);
  });
}

async function askWhich(routes: readonly Route[], io: Io): Promise<number> {
  const questions = createQuestions(io, "give --index N, or flags such as --path-prefix");
  const lines = routes.map((_, i) => describeOne(routes, i));
  return lines.indexOf(await questions.choice("Which route?", lines)) + 1;
}

function describeOne(routes: readonly Route[], i: number): string {
  const route = routes[i] ?? {};
  return `route ${i + 1}, ${describeMatcher(route)} to ${describeDestination(route)}`;
}

/** `gloo route sort` */
export function sortInPlace(options: RouteWriteOptions, io: Io): Promise<ExitCode> {
  return withConfig(options, io, "write", async (config) => {
    const stored = await requireVirtualService(config.client, options, io.signal);
    const at = { kind: "VirtualService", name: stored.name } as const;
    const deed: Deed = { action: "sorted", what: `routes of virtualservice/${stored.name}`, at };
    return writeRoutes(config, stored, sortRoutes(stored.value.routes), [deed], options, io);
  });
}

/** Writes routes of which some are new or changed, sorted if that is wanted. */
function commitRoutes(
  config: OpenConfig,
  stored: Stored<VirtualService>,
  change: {
    readonly routes: readonly Route[];
    readonly made: readonly Route[];
    readonly action: "created" | "updated";
  },
  options: RouteWriteOptions,
  io: Io,
): Promise<ExitCode> {
  const routes = options.sort === true ? sortRoutes(change.routes) : change.routes;
  const deeds = change.made.map((route): Deed => {
    const place = routes.findIndex((one) => one === route || sameRoute(one, route)) + 1;
    const at = { kind: "VirtualService", name: stored.name } as const;
    return { action: change.action, what: `route ${place} of virtualservice/${stored.name}`, at };
  });
  return writeRoutes(config, stored, routes, deeds, options, io);
}

function writeRoutes(
  config: OpenConfig,
  stored: Stored<VirtualService>,
  routes: readonly Route[],
  deeds: readonly Deed[],
  options: RouteWriteOptions,
  io: Io,
): Promise<ExitCode> {
  const { resourceVersion, value } = stored;
  const write = {
    op: "update",
    kind: "VirtualService",
    value: { ...value, routes },
    // The routes were counted in this version.
    resourceVersion,
  } as const;
  const message = messageOf(deeds);
  return makeCommit(config, { writes: [write], deeds, message }, options, io);
}

function messageOf(deeds: readonly Deed[]): string {
  const verbs = { created: "Create", updated: "Update", deleted: "Delete", sorted: "Sort" };
  const lines = deeds.map(({ action, what }) => `${verbs[action]} ${what}`);
  const [only = "Change routes"] = lines;
  return lines.length <= 1 ? only : `${only} and ${lines.length - 1} more\n\n${lines.join("\n")}`;
}
