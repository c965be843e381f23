import { diagnostic, targetOf, type Diagnostic, type Outcome } from "../diagnostics/diagnostic.js";
import { compareText } from "../lib/compare.js";
import type { LanguageExtensions } from "../model/language.js";
import { kinds, type Config, type Kind, type Located } from "../model/resource.js";
import type { Secrets } from "../model/secret.js";
import type { Documents } from "../parse/documents.js";
import { checkSelectors } from "./attribute-check.js";
import { diagnosticOf } from "./finding.js";
import { createFormats } from "./formats.js";
import { createLanguageSchemas } from "./language-schemas.js";
import { createObjectCheck, type CheckedObject } from "./object-check.js";
import { checkReferences } from "./reference-check.js";
import { createSchemaCheck } from "./schema-check.js";
import { createSecretCheck } from "./secret-check.js";
import { createSettingsCheck } from "./settings-check.js";
import { createShapes } from "./shape.js";

/** Makes a whole config of the objects of a tree. */
export interface Validator {
  /**
   * Checks every object on its own, then what they say about each other. Objects with mistakes of their
   * own are left out; who refers to them is not told that they do not exist.
   */
  validate(documents: Documents, secrets: Secrets): Outcome<Config>;
}

/** How many instructions a regex may have: Envoy's own default. */
const maxRegexSize = 100;

/** Creates a validator, which checks an object again only after it changed. */
export function createValidator(extensions: LanguageExtensions): Validator {
  const schemas = createLanguageSchemas(extensions);
  const schemaCheck = createSchemaCheck(schemas, createFormats(maxRegexSize));
  const options = { extensions, schemas, schemaCheck, shapeOf: createShapes(schemas) };
  const checkObject = createObjectCheck(options);
  const checkSettings = createSettingsCheck(options);
  const checkSecret = createSecretCheck();
  return {
    validate({ objects, unreadableNames, settings }, secrets) {
      const checked = objects.map(checkObject);
      const diagnostics = checked.flatMap((own) => own.diagnostics);
      if (settings !== undefined) diagnostics.push(...checkSettings(settings));
      const named = nameObjects(checked);
      diagnostics.push(...named.diagnostics);
      const config = configOf(named.sound);
      const broken = {
        has: (kind: Kind, name: string) =>
          unreadableNames.has(name) || named.broken[kind].has(name),
      };
      for (const { located, secretUses } of named.sound) {
        if (located === undefined) continue;
        for (const use of secretUses) {
          for (const found of checkSecret(use, secrets)) {
            diagnostics.push(diagnosticOf(found, (pointer, at) => targetOf(located, pointer, at)));
          }
        }
      }
      diagnostics.push(...checkReferences(config, broken), ...checkSelectors(config));
      return { value: config, diagnostics };
    },
  };
}

interface NamedObjects {
  /** In the order of the tree, each name once per kind. */
  readonly sound: readonly CheckedObject[];
  readonly broken: Readonly<Record<Kind, ReadonlySet<string>>>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Names are unique per kind. The first to have a name keeps it. */
function nameObjects(checked: readonly CheckedObject[]): NamedObjects {
  const firsts = perKind(() => new Map<string, CheckedObject>());
  const broken = perKind(() => new Set<string>());
  const sound: CheckedObject[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const own of checked) {
    const { kind, name } = own;
    if (name === undefined) continue;
    const first = firsts[kind].get(name);
    if (first !== undefined) {
      diagnostics.push(duplicateName(own, first, name));
      continue;
    }
    firsts[kind].set(name, own);
    if (own.located === undefined) broken[kind].add(name);
    else sound.push(own);
  }
  return { sound, broken, diagnostics };
}

function duplicateName(own: CheckedObject, first: CheckedObject, name: string): Diagnostic {
  const { location } = first.nameTarget();
  return diagnostic(
    "name/duplicate",
    { kind: own.kind, name },
    {
      ...own.nameTarget(),
      ...(location && { related: [{ message: "it is first declared here", location }] }),
    },
  );
}

function perKind<T>(make: () => T): Readonly<Record<Kind, T>> {
  return { Upstream: make(), VirtualService: make(), Role: make(), Attribute: make() };
}

function configOf(sound: readonly CheckedObject[]): Config {
  const maps = perKind(() => new Map<string, Located<never>>());
  for (const kind of kinds) {
    const own = sound.flatMap(({ located }) => (located?.ref.kind === kind ? [located] : []));
    own.sort((a, b) => compareText(a.ref.name, b.ref.name));
    // The schema of its kind has accepted each of them.
    for (const located of own) maps[kind].set(located.ref.name, located as Located<never>);
  }
  return {
    upstreams: maps.Upstream,
    virtualServices: maps.VirtualService,
    roles: maps.Role,
    attributes: maps.Attribute,
  };
}
