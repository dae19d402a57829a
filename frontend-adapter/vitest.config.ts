import { defineConfig } from "vitest/config";
import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    // Real processes share few processors here; a late answer is not a wrong one.
    fileParallelism: false,
  },
});

export default config;
