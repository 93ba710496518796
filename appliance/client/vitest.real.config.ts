/** The tests that need a running appliance: tests/client starts one and runs these against it. */
import { defineConfig } from "vitest/config";

import base from "./vite.config";

export default defineConfig((env) => {
  const config = base(env);
  return { ...config, test: { ...config.test, include: ["tests/real/*.real.ts"] } };
});
