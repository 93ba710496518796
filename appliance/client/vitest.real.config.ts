/** The tests that need a running appliance: tests/client starts one and runs these against it. */
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

import base from "./vite.config";

/** One appliance and one account serve them all: files run by name, the one that ends the account last. */
class ByName extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve([...files].sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1)));
  }
}

export default defineConfig((env) => {
  const config = base(env);
  return { ...config, test: { ...config.test, include: ["tests/real/*.real.ts"], fileParallelism: false, sequence: { sequencer: ByName } } };
});
