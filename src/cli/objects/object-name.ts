/** Whether config can call an object, or a secret, so. */
export function isObjectName(name: string): boolean {
  return /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/.test(name);
}
