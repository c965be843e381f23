import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { describe, it } from "node:test";
import { renderSnapshot } from "../../src/cli/render/render-snapshot.js";
import { applySeverities } from "../../src/diagnostics/apply-severities.js";
import { hasErrors, sortDiagnostics } from "../../src/diagnostics/diagnostic.js";
import type { JsonObject } from "../../src/lib/json.js";
import { createLint } from "../../src/lint/lint.js";
import { createParser } from "../../src/parse/parse-tree.js";
import { createPolicyCheck } from "../../src/policy/policy-check.js";
import { compileRouteTable } from "../../src/routing/compile-route-table.js";
import { createAssembler } from "../../src/snapshot/assemble.js";
import { createUnsealer } from "../../src/secrets/unseal.js";
import { createTranslator } from "../../src/translate/translate.js";
import { createValidator } from "../../src/validate/validate.js";
import { danglingNames } from "../support/dangling-names.js";
import { deepFreeze } from "../support/deep-freeze.js";
import { expectGolden, updatesGolden } from "../support/golden.js";
import {
  buildCase,
  caseNames,
  outputsOf,
  readCase,
  type GoldenCase,
} from "../support/golden-case.js";

/** Builds stage by stage, with the objects in another order, and nothing that may be written to. */
function buildFrozen(
  { tree, secrets: atHand, unsealing, options }: GoldenCase,
  order: <T>(list: readonly T[]) => T[],
) {
  const documents = deepFreeze(createParser(options.parseLimits).parseTree(tree));
  const { sealed } = documents.value;
  const { value: secrets, diagnostics: ofSealed } = createUnsealer().unseal(
    sealed,
    atHand,
    unsealing,
  );
  const shuffled = { ...documents.value, objects: order(documents.value.objects) };
  const config = deepFreeze(
    createValidator(options.plugins, options.confinements).validate(deepFreeze(shuffled), secrets),
  );
  const translator = createTranslator(options.plugins, options.settings);
  const inputs = { secrets, endpoints: new Map() };
  const translation = deepFreeze(translator.translate(config.value, inputs));
  const routing = { config: config.value, translation: translation.value };
  const routes = deepFreeze(compileRouteTable(routing));
  return {
    snapshot: createAssembler().assemble(tree.commit.oid, translation.value),
    diagnostics: applySeverities(
      sortDiagnostics([
        ...documents.diagnostics,
        ...ofSealed,
        ...config.diagnostics,
        ...translation.diagnostics,
        ...createPolicyCheck()({ ...routing, routes: () => routes }),
        ...createLint()({ ...routing, routes }),
      ]),
      config.value.policies?.value.severity,
    ),
  };
}

const orders: Readonly<Record<string, <T>(list: readonly T[]) => T[]>> = {
  "the order of the tree": (list) => [...list],
  "the reverse order": (list) => [...list].reverse(),
  "an order that interleaves the ends": (list) =>
    list.map((_, index) => list[index % 2 === 0 ? index / 2 : list.length - (index + 1) / 2]!), // every index once
};

for (const name of caseNames) {
  describe(`golden case ${name}`, async () => {
    const golden = await readCase(name);
    const build = buildCase(golden);

    it("gives what out/ holds, and nothing else", () => {
      const outputs = outputsOf(build);
      for (const [file, text] of Object.entries(outputs)) {
        expectGolden(new URL(file, golden.out), text);
      }
      const found = existsSync(golden.out) ? readdirSync(golden.out) : [];
      const orphans = found.filter((file) => !(file in outputs));
      if (updatesGolden) for (const file of orphans) rmSync(new URL(file, golden.out));
      else assert.deepEqual(orphans, []);
    });

    it("gives the same snapshot when built again", () => {
      const again = buildCase(golden);
      assert.equal(again.snapshot.id, build.snapshot.id);
      assert.deepEqual(again.diagnostics, build.diagnostics);
    });

    for (const [order, shuffle] of Object.entries(orders)) {
      it(`gives the same snapshot from frozen inputs in ${order}`, () => {
        const frozen = buildFrozen(golden, shuffle);
        // Of two objects with one name the first counts: with errors, order may matter.
        if (hasErrors(build.diagnostics)) return;
        assert.equal(frozen.snapshot.id, build.snapshot.id);
        assert.deepEqual(frozen.diagnostics, build.diagnostics);
      });
    }

    it("refers to nothing that is not served", () => {
      if (hasErrors(build.diagnostics)) return;
      for (const [role, resources] of Object.entries(renderSnapshot(build.snapshot, {}))) {
        const missing = danglingNames(resources as Readonly<Record<string, JsonObject>>);
        assert.deepEqual(missing, [], `role ${role}`);
      }
    });
  });
}
