import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { Located } from "../model/resource.js";
import type { VirtualService } from "../model/virtual-service.js";
import type { TranslatedListener } from "./roles.js";

/**
 * Each domain may be claimed once in a route table: Envoy refuses a table that has one twice. Two virtual
 * services that meet on several listeners are told so for the first of them only.
 */
export function checkDomains(listeners: readonly TranslatedListener[]): readonly Diagnostic[] {
  const told = new Set<string>();
  return listeners.flatMap(({ role, effective: { listener }, chains }) =>
    chains.flatMap(({ virtualServices }) => {
      const claims = new Map<string, Claim>();
      return virtualServices.flatMap(({ virtualService }) =>
        sharedDomains(virtualService, claims).flatMap(({ domain, pointer, first }) => {
          const key = JSON.stringify([
            virtualService.ref.name,
            pointer,
            first.virtualService.ref.name,
          ]);
          if (told.has(key)) return [];
          told.add(key);
          const { name: other } = first.virtualService.ref;
          const location = first.virtualService.origin.locate(first.pointer);
          const related = [{ message: `claimed by VirtualService "${other}"`, location }];
          return [
            diagnostic(
              "domain/shared",
              { domain, other, listener: listener.name, role },
              { ...targetOf(virtualService, pointer), related },
            ),
          ];
        }),
      );
    }),
  );
}

interface Claim {
  readonly virtualService: Located<VirtualService>;
  readonly pointer: string;
}

/** The domains of a virtual service that others have claimed. It claims the rest. */
function sharedDomains(virtualService: Located<VirtualService>, claims: Map<string, Claim>) {
  return virtualService.value.domains.flatMap((domain, index) => {
    const pointer = `/domains/${index}`;
    const key = domain.toLowerCase();
    const first = claims.get(key);
    if (first === undefined) claims.set(key, { virtualService, pointer });
    return first === undefined ? [] : [{ domain, pointer, first }];
  });
}
