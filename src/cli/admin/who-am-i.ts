import { hostname, userInfo } from "node:os";

/** How the person at this terminal is named in orders: `user@host`. */
export function whoAmI(): string {
  let user = "somebody";
  try {
    user = userInfo().username;
  } catch {
    // A user id without an entry in the password file, as containers have them.
  }
  return `${user}@${hostname()}`;
}
