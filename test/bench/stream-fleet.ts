// Holds streams open for the benchmark of memory, in a process of its own: `stream-fleet.ts <port> <streams>`.
// Says "whole" when all of them have everything, and ends when its stdin does.
import { openDeltaClient } from "./delta-client.js";

const [port = NaN, streams = NaN] = process.argv.slice(2).map(Number);
const clients = Array.from({ length: streams }, (_, index) =>
  openDeltaClient(port, `ingress~bench${index}`),
);
process.stdin.resume().on("end", () => process.exit(0));
await Promise.all(clients.map(({ whole }) => whole));
console.log("whole");
