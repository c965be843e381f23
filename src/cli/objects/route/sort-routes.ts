import type { Route } from "../../../model/virtual-service.js";

/**
 * Routes in the order in which the more specific ones come first: events (longer types first), then exact
 * paths, regexes and prefixes, longer ones first in each. Routes that are equal in this stay in their order.
 */
export function sortRoutes(routes: readonly Route[]): readonly Route[] {
  return [...routes].sort((a, b) => {
    const [rankA, rankB] = [rankOf(a), rankOf(b)];
    return rankA.form - rankB.form || rankB.length - rankA.length;
  });
}

function rankOf({ event_matcher: event, request_matcher: request }: Route): {
  readonly form: number;
  readonly length: number;
} {
  const { path_exact: exact, path_regex: regex, path_prefix: prefix } = request ?? {};
  const forms = [event?.event_type, exact, regex, prefix];
  const form = forms.findIndex((text) => text !== undefined);
  return form < 0 ? { form: forms.length, length: 0 } : { form, length: forms[form]?.length ?? 0 };
}
