// Vite's own settings, but for the address.
import { defineConfig } from "vite";

const address = { host: "127.0.0.1", port: 0 };

export default defineConfig({ server: address, preview: address });
