import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// During development the pages come from here and everything else from a running server.
const server = process.env["HOOKSWITCH_URL"] ?? "http://localhost:3000";
const SERVED = ["/api", "/auth", "/events", "/health", "/login", "/projects"];
const proxied = { target: server, changeOrigin: true, headers: { origin: server } };

export default defineConfig({
  base: "/app/",
  plugins: [react()],
  build: { target: "es2022", sourcemap: false, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: Object.fromEntries(SERVED.map((path) => [path, proxied])) },
});
