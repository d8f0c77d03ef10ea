import react from "@vitejs/plugin-react";
import { type Rollup, defineConfig } from "vite";

// During development the pages come from here and everything else from a running server.
const server = process.env["HOOKSWITCH_URL"] ?? "http://localhost:3000";
const SERVED = ["/api", "/auth", "/events", "/health", "/login", "/projects"];
const proxied = { target: server, changeOrigin: true, headers: { origin: server } };

const FIRST_PAGE = /\/src\/main\.tsx$/;
/** Awaited by the first page: what these need cannot come with it. */
const AWAITED = /\/src\/lib\/text\/ru\.ts$/;
const LIBRARIES = /\/node_modules\/(?:react|react-dom|scheduler|clsx)\/|^\0/;

/** Whether `root` cannot do without a module. */
function isNeededBy(root: RegExp, id: string, info: Rollup.GetModuleInfo, seen = new Set<string>()): boolean {
  if (root.test(id)) return true;
  if (seen.has(id)) return false;
  seen.add(id);
  return (info(id)?.importers ?? []).some((importer) => isNeededBy(root, importer, info, seen));
}

/** What the first page needs is one file, and not one for each set of rooms that need it too: many small ones compress badly. */
function chunkOf(id: string, { getModuleInfo: info }: Rollup.ManualChunkMeta): string | undefined {
  if (LIBRARIES.test(id)) return "libraries";
  if (id.includes("/node_modules/")) return undefined;
  return isNeededBy(FIRST_PAGE, id, info) && !isNeededBy(AWAITED, id, info) ? "index" : undefined;
}

export default defineConfig({
  base: "/app/",
  plugins: [react()],
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { output: { onlyExplicitManualChunks: true, manualChunks: chunkOf } },
  },
  server: { proxy: Object.fromEntries(SERVED.map((path) => [path, proxied])) },
});
