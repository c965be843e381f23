import { packAny } from "../envoy/codec.js";
import type { Any, Route as EnvoyRoute, Value } from "../envoy/generated/messages.js";
import type { Route } from "../model/virtual-service.js";
import { cloudEventText, eventPath } from "./matchers.js";

/** The names of the two filters that all chains begin with: what sends a request through again, and the script. */
export const eventAgainFilter = "gloo.event-again";
export const eventTypeFilter = "gloo.event-type";

/** The request header with the type that was read from a body. Every listener takes it from clients. */
export const eventTypeMark = "x-gloo-event-type";
/** The response header by which the script has a request sent through again. */
const againMark = "x-gloo-event-again";

/** By the specification, what makes a request an event in structured mode, or a batch of events. */
export const structuredContentType = "application/cloudevents";

/** One route of the language, and what it has become. */
export interface WrittenRoute {
  readonly route: Route;
  readonly message: EnvoyRoute;
}

/**
 * The routes of a virtual host, with what it takes to read the types of CloudEvents from bodies. Envoy chooses
 * a request's route, and by it the filters, before it has the body. So a structured event comes twice: a
 * route before the first one for CloudEvents reads the type, answers what is no event that a route takes,
 * and sends the others through all of Envoy again, marked with their type, to a route of that type.
 */
export function withStructuredEvents(written: readonly WrittenRoute[]): readonly EnvoyRoute[] {
  const messages = written.map(({ message }) => message);
  const first = written.findIndex(({ route }) => takesCloudEvents(route));
  if (first < 0) return messages;
  const events = written.flatMap(({ route, message }, position) =>
    takesCloudEvents(route) ? [{ type: typeOf(route), message, position }] : [],
  );
  return [
    ...events.map(({ type, message, position }) => markedRoute(message, type, position)),
    ...messages.slice(0, first),
    readingRoute(new Set(events.map(({ type }) => type))),
    ...messages.slice(first),
  ];
}

/** Whether a route of Envoy is one that only {@link withStructuredEvents} has added. */
export function isAddedForEvents({ name = "" }: EnvoyRoute): boolean {
  return name === eventTypeFilter || name.startsWith(`${eventTypeFilter}/`);
}

/** Whether a route takes CloudEvents, in both modes. */
export function takesCloudEvents({ event_matcher }: Route): boolean {
  return event_matcher?.format === "cloudevents";
}

function typeOf({ event_matcher }: Route): string {
  return cloudEventText(event_matcher?.event_type ?? "");
}

/**
 * A filter of this type that a listener has gets the policy of the first pass to apply, and would give the
 * answer another status. Listeners that call it something else have to switch it off for events themselves.
 */
const customResponseName = "envoy.filters.http.custom_response";
const switchedOff = packAny("envoy.config.route.v3.FilterConfig", { disabled: true });

/** A copy of a route for events whose type is known. */
function markedRoute(message: EnvoyRoute, type: string, position: number): EnvoyRoute {
  return {
    ...message,
    name: `${eventTypeFilter}/${position}`,
    match: { path: eventPath, headers: [{ name: eventTypeMark, string_match: { exact: type } }] },
    typed_per_filter_config: {
      ...message.typed_per_filter_config,
      [customResponseName]: switchedOff,
      [eventTypeFilter]: scriptConfig({}),
    },
  };
}

/** The route that reads types. The script always answers, so nothing comes to its own answer. */
function readingRoute(types: ReadonlySet<string>): EnvoyRoute {
  const values = [...types].map((type): Value => ({ string_value: type }));
  return {
    name: eventTypeFilter,
    match: {
      path: eventPath,
      headers: [
        {
          name: "content-type",
          string_match: { prefix: structuredContentType, ignore_case: true },
        },
      ],
    },
    direct_response: { status: 500 },
    typed_per_filter_config: {
      [eventAgainFilter]: againConfig,
      [eventTypeFilter]: scriptConfig({
        types: { list_value: { values } },
      }),
    },
  };
}

function scriptConfig(fields: Readonly<Record<string, Value>>): Any {
  return packAny("envoy.extensions.filters.http.lua.v3.LuaPerRoute", {
    filter_context: { fields },
  });
}

/** Makes an answer of the script with the mark a new pass of the request, with the same path and body. */
const againConfig = packAny(
  "envoy.extensions.filters.http.filter_chain.v3.FilterChainConfigPerRoute",
  {
    filter_chain: {
      filters: [
        {
          name: customResponseName,
          typed_config: packAny("envoy.extensions.filters.http.custom_response.v3.CustomResponse", {
            custom_response_matcher: {
              matcher_list: {
                matchers: [
                  {
                    predicate: {
                      single_predicate: {
                        input: {
                          name: "mark",
                          typed_config: packAny(
                            "envoy.type.matcher.v3.HttpResponseHeaderMatchInput",
                            { header_name: againMark },
                          ),
                        },
                        value_match: { exact: "1" },
                      },
                    },
                    on_match: {
                      action: {
                        name: "again",
                        typed_config: packAny(
                          "envoy.extensions.http.custom_response.redirect_policy.v3.RedirectPolicy",
                          // The query stays.
                          { redirect_action: { path_redirect: eventPath } },
                        ),
                      },
                    },
                  },
                ],
              },
            },
          }),
        },
      ],
    },
  },
);
