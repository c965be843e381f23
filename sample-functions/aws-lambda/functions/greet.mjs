/** Greets whoever the event names. */
export async function handler(event) {
  if (typeof event?.name !== "string") throw new Error("whom?");
  return { greeting: `Hello, ${event.name}!` };
}
