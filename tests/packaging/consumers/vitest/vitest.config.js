// The tests run inside workerd, beside the Worker of wrangler.jsonc.
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const worker = cloudflareTest({ wrangler: { configPath: "./wrangler.jsonc" } });

export default defineConfig({ plugins: [worker] });
