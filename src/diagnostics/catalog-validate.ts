/** The diagnostics of the validate stage. */
export const validateCatalog = {} as const;
