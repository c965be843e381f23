import type { RestFunctionSpec } from "../../model/generated/plugins.js";
import { pointerOf, type JsonPointer } from "../../model/location.js";
import type { Upstream } from "../../model/upstream.js";
import {
  readTemplates,
  type FaultSink,
  type MessageTemplates,
} from "../../templates/read-templates.js";
import { placeOf, type Fault } from "../../templates/syntax.js";
import type { HookContext } from "../../translate/plugin.js";

/** What reports the faults of the templates in the object at `pointer`. */
export function faultReporter(context: HookContext, pointer: JsonPointer): FaultSink {
  return (place, text, { code, problem, offset }: Fault) => {
    const at =
      place.field === "headers"
        ? pointerOf(pointer, "headers", place.name)
        : pointerOf(pointer, place.field);
    context.report(code, { problem, ...placeOf(text, offset) }, at, { offset });
  };
}

/** For templates that have been reported on where they belong. */
const silent: FaultSink = () => undefined;

/** The templates of a function; undefined if it has none, for it is called with the request as it is. */
export function functionTemplates(
  { functions = [] }: Upstream,
  functionName: string,
): MessageTemplates | undefined {
  const spec = functions.find(({ name }) => name === functionName)?.spec;
  return spec && readTemplates("request", restSpecOf(spec), silent);
}

/** Reports what is wrong with the templates of all functions of an upstream. */
export function checkFunctions({ functions = [] }: Upstream, context: HookContext): void {
  functions.forEach(({ spec }, index) => {
    if (spec === undefined) return;
    const pointer = pointerOf("/functions", index, "spec");
    readTemplates("request", restSpecOf(spec), faultReporter(context, pointer));
  });
}

/** The plugin's schema has accepted it. */
function restSpecOf(spec: object): RestFunctionSpec {
  return spec;
}
