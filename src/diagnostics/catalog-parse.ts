/** The diagnostics of the parse stage. */
export const parseCatalog = {} as const;
