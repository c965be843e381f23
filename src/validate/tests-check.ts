import { diagnostic, type Diagnostic, type Outcome } from "../diagnostics/diagnostic.js";
import type { LanguageExtensions } from "../model/language.js";
import type { Origin } from "../model/location.js";
import { pointerOf } from "../model/location.js";
import type { RouteTests, TestFile } from "../model/route-test.js";
import type { RawTests } from "../parse/test-files.js";
import { shownFindings } from "./finding.js";
import { createFormats, maxRegexSize } from "./formats.js";
import { createLanguageSchemas } from "./language-schemas.js";
import { normalize, writtenPointer } from "./normalize.js";
import { createSchemaCheck } from "./schema-check.js";
import { createShapes } from "./shape.js";

/** Checks test files, once for each reading of one; those with mistakes are left out. */
export type TestsCheck = (files: readonly RawTests[]) => Outcome<readonly TestFile[]>;

interface Checked {
  readonly file: TestFile | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Creates the check. Schemas are compiled with the first file. */
export function createTestsCheck(extensions: LanguageExtensions): TestsCheck {
  let check: ((raw: RawTests) => Checked) | undefined;
  const known = new WeakMap<RawTests, Checked>();
  const checkOnce = (raw: RawTests): Checked => {
    let checked = known.get(raw);
    if (checked === undefined) {
      check ??= createFileCheck(extensions);
      known.set(raw, (checked = check(raw)));
    }
    return checked;
  };
  return (files) => {
    const checked = files.map(checkOnce);
    return {
      value: checked.flatMap(({ file }) => file ?? []),
      diagnostics: checked.flatMap(({ diagnostics }) => diagnostics),
    };
  };
}

function createFileCheck(extensions: LanguageExtensions): (raw: RawTests) => Checked {
  const schemas = createLanguageSchemas(extensions);
  const schemaCheck = createSchemaCheck(schemas, createFormats(maxRegexSize));
  const shape = createShapes(schemas)(schemas.tests);
  return ({ value: written, origin: writtenOrigin }) => {
    const moved = new Map<string, string>();
    const value = normalize(written, shape, {
      moved: (canonical, spelled) => moved.set(canonical, spelled),
    });
    const origin: Origin = {
      file: writtenOrigin.file,
      locate: (pointer, at) => writtenOrigin.locate(writtenPointer(pointer, moved), at),
    };
    const findings = schemaCheck.check(value, schemas.tests);
    const diagnostics = shownFindings(findings, (pointer, at) => ({
      pointer,
      location: origin.locate(pointer, at),
    }));
    if (diagnostics.length > 0) return { file: undefined, diagnostics };
    // The schema has accepted it.
    const file: TestFile = { value: value as unknown as RouteTests, origin };
    return { file, diagnostics: duplicateNames(file) };
  };
}

/** Reports and filters go by the names of tests. */
function duplicateNames({ value: { tests }, origin }: TestFile): readonly Diagnostic[] {
  const places = new Map<string, string>();
  return tests.flatMap(({ name }, index) => {
    const pointer = pointerOf("/tests", index, "name");
    const first = places.get(name);
    if (first === undefined) places.set(name, pointer);
    if (first === undefined) return [];
    const related = [{ message: "the first of the two", location: origin.locate(first) }];
    const target = { pointer, location: origin.locate(pointer), related };
    return [diagnostic("test/duplicate-name", { name }, target)];
  });
}
