import { diagnostic, targetOf, type Diagnostic } from "../diagnostics/diagnostic.js";
import type { Config } from "../model/resource.js";
import type { RouteTable } from "../routing/route-table.js";

/** The virtual services that some listener serves without TLS, each for the first of them. */
export function checkTls({ roles }: RouteTable, config: Config): readonly Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const { role, listeners } of roles) {
    for (const { name: listener, chains } of listeners) {
      for (const { scheme, hosts } of chains) {
        if (scheme === "https") continue;
        for (const { virtualService: name } of hosts) {
          const located = config.virtualServices.get(name);
          if (located === undefined || found.has(name)) continue;
          const target = targetOf(located, "");
          found.set(name, diagnostic("policy/tls-missing", { listener, role }, target));
        }
      }
    }
  }
  return [...found.values()];
}
