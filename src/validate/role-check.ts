import { isIP, SocketAddress } from "node:net";
import type { Listener, Role } from "../model/role.js";
import { finding, type Finding } from "./finding.js";

/** Whether the listeners of a role can all be opened, and told apart. */
export function checkRole({ listeners = [] }: Role): readonly Finding[] {
  const names = new Set<string>();
  const byPort = new Map<number, Listener[]>();
  const findings: Finding[] = [];
  listeners.forEach((listener, index) => {
    const { name, bind_port: port } = listener;
    if (names.has(name)) {
      findings.push(finding("listener/duplicate-name", { name }, `/listeners/${index}/name`));
    }
    names.add(name);
    const rivals = byPort.get(port) ?? [];
    const rival = rivals.find((other) => overlap(other.bind_address, listener.bind_address));
    if (rival !== undefined) {
      const params = { port, other: rival.name };
      findings.push(finding("listener/port-taken", params, `/listeners/${index}/bind_port`));
    }
    byPort.set(port, [...rivals, listener]);
  });
  return findings;
}

function overlap(left: string, right: string): boolean {
  const all = [left, right].map(plainAddress);
  return all.includes("::") || all.includes("0.0.0.0") || all[0] === all[1];
}

/** The short form of an IPv6 address. */
function plainAddress(address: string): string {
  return isIP(address) === 6 ? new SocketAddress({ address, family: "ipv6" }).address : address;
}
