import type { Destination, Route } from "../../../model/virtual-service.js";
import { CommandError } from "../../io.js";
import { leadsTo, sameMatcher } from "./compare-routes.js";
import type { Matcher } from "./read-route-flags.js";

/** What chooses routes: a place, or a matcher and a destination. */
export interface RouteChoice {
  /** 1 for the first. */
  readonly index?: number;
  readonly matcher?: Matcher | undefined;
  readonly destination?: Destination | undefined;
}

/** The places of the routes that are meant, 0 for the first; at least one. `how` names the flags. */
export function chooseRoutes(
  routes: readonly Route[],
  { index, matcher, destination }: RouteChoice,
  { where, how }: { readonly where: string; readonly how: string },
): readonly number[] {
  const isByLook = matcher !== undefined || destination !== undefined;
  if (index !== undefined && isByLook) {
    throw new CommandError(`--index and ${how} exclude each other; give one of them`);
  }
  if (index !== undefined) {
    if (index >= 1 && index <= routes.length) return [index - 1];
    const count = routes.length === 1 ? "1 route" : `${routes.length} routes`;
    throw new CommandError(`there is no route ${index} in ${where}, which has ${count}`);
  }
  if (!isByLook) throw new CommandError(`which route? Give --index N, or ${how}`);
  const found = routes.flatMap((route, i) => {
    const isMatcher = matcher === undefined || sameMatcher(route, matcher);
    return isMatcher && (destination === undefined || leadsTo(route, destination)) ? [i] : [];
  });
  if (found.length > 0) return found;
  throw new CommandError(`there is no such route in ${where}; \`gloo route get\` lists all`);
}
