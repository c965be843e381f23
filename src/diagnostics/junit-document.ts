import XMLBuilder from "fast-xml-builder";

/** A test case, as the builder takes it: attributes begin with `@`. */
export interface JunitCase {
  readonly "@classname": string;
  readonly "@name": string;
  readonly "@file"?: string;
  /** With it, the case has failed. */
  readonly failure?: {
    readonly "@message": string;
    readonly "@type": string;
    readonly "#text": string;
  };
  readonly "system-out"?: string;
}

/** Cases as a JUnit report of one suite. https://github.com/testmoapp/junitxml */
export function junitDocument(suite: string, cases: readonly JunitCase[]): string {
  const counts = {
    "@tests": cases.length,
    "@failures": cases.filter(({ failure }) => failure !== undefined).length,
    "@errors": 0,
  };
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    format: true,
    suppressEmptyNode: true,
  });
  const text = builder.build({
    "?xml": { "@version": "1.0", "@encoding": "UTF-8" },
    testsuites: {
      "@name": suite,
      ...counts,
      testsuite: { "@name": suite, ...counts, testcase: cases },
    },
  });
  // Not characters, in Unicode and in XML.
  return text.replaceAll(/[\ufffe\uffff]/g, " ");
}
