// Builds every folder with an index.html into target/foreign, each a site under its own path. Pictures are those of the demo
// gallery: the origin that serves the sites serves them too.
import react from "@vitejs/plugin-react";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;
const pages = readdirSync(here, { recursive: true }).filter((path) => /^[^/]+\/index\.html$/.test(path));

export default defineConfig({
  root: here,
  publicDir: join(here, "../../public/demo"),
  logLevel: "warn",
  plugins: [react()],
  define: { __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false" },
  build: {
    outDir: join(here, "../../target/foreign"),
    emptyOutDir: true,
    copyPublicDir: false,
    // Angular in one file with its compiler.
    chunkSizeWarningLimit: 2_000,
    rollupOptions: { input: pages.map((page) => join(here, page)) },
  },
});
