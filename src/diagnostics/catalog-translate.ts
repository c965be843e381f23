/** The diagnostics of the translate stage. */
export const translateCatalog = {} as const;
