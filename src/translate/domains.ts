import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { Located } from "../model/resource.js";
import type { VirtualService } from "../model/virtual-service.js";
import type { TranslatedListener } from "./roles.js";
import type { TranslatedVirtualService } from "./virtual-hosts.js";

/** Checks that each domain is claimed once in a route table: Envoy refuses one that has it twice. */
export type DomainCheck = (listeners: readonly TranslatedListener[]) => readonly Diagnostic[];

/** What was found in a route table, and the virtual services that it was found among. */
interface KnownTable {
  readonly virtualServices: readonly TranslatedVirtualService[];
  readonly shared: readonly SharedDomain[];
}

/** Creates the check. A route table is looked at again only after its virtual services changed. */
export function createDomainCheck(): DomainCheck {
  let known: ReadonlyMap<string, KnownTable> = new Map();
  return (listeners) => {
    const next = new Map<string, KnownTable>();
    const diagnostics = new Map<string, Diagnostic>();
    for (const { role, effective, chains } of listeners) {
      const listener = effective.listener.name;
      for (const { routeTable, virtualServices } of chains) {
        const table = JSON.stringify([role, listener, routeTable]);
        const before = known.get(table);
        const found =
          before !== undefined && sameObjects(before.virtualServices, virtualServices)
            ? before
            : { virtualServices, shared: sharedDomains(virtualServices) };
        next.set(table, found);
        for (const shared of found.shared) {
          // Two that meet on several listeners are told so for the first of them only.
          const { ref } = shared.virtualService;
          const key = JSON.stringify([
            ref.name,
            shared.pointer,
            shared.first.virtualService.ref.name,
          ]);
          if (!diagnostics.has(key)) diagnostics.set(key, sharedDomain(shared, role, listener));
        }
      }
    }
    known = next;
    return [...diagnostics.values()];
  };
}

interface Claim {
  readonly virtualService: Located<VirtualService>;
  readonly pointer: string;
}

/** A domain that another virtual service has claimed before. */
interface SharedDomain extends Claim {
  readonly domain: string;
  readonly first: Claim;
}

function sharedDomains(
  virtualServices: readonly TranslatedVirtualService[],
): readonly SharedDomain[] {
  const claims = new Map<string, Claim>();
  return virtualServices.flatMap(({ virtualService }) =>
    virtualService.value.domains.flatMap((domain, index) => {
      const pointer = `/domains/${index}`;
      const key = domain.toLowerCase();
      const first = claims.get(key);
      if (first === undefined) claims.set(key, { virtualService, pointer });
      return first === undefined ? [] : [{ virtualService, pointer, domain, first }];
    }),
  );
}

function sharedDomain(
  { virtualService, pointer, domain, first }: SharedDomain,
  role: string,
  listener: string,
): Diagnostic {
  const { name: other } = first.virtualService.ref;
  const location = first.virtualService.origin.locate(first.pointer);
  const related = [{ message: `claimed by VirtualService "${other}"`, location }];
  const target = { ...targetOf(virtualService, pointer), related };
  return diagnostic("domain/shared", { domain, other, listener, role }, target);
}

/** Whether both are made of the same objects, in whatever way these were translated. */
function sameObjects(
  left: readonly TranslatedVirtualService[],
  right: readonly TranslatedVirtualService[],
): boolean {
  return (
    left.length === right.length &&
    left.every((own, index) => own.virtualService === right[index]?.virtualService)
  );
}
