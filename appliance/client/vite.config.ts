/**
 * The build of the staff web client.
 *
 * Rules: everything the page needs is a file of its own origin (no inline script, style or data: address), so that the
 * appliance can serve it under `default-src 'self'`; nothing is fetched from anywhere else, at build or at run time.
 */
import { fileURLToPath } from "node:url";

import { lingui } from "@lingui/vite-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { componentTexts } from "./build/componentTexts";
import { encodedFiles } from "./build/encodedFiles";
import { FLOOR, holdFloor, STYLE_FLOOR } from "./build/floor";
import { layerAliases } from "./build/layers";
import { serviceWorker } from "./build/serviceWorker";

const root = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig(({ mode }) => ({
  root,
  resolve: { alias: layerAliases(root) },
  plugins: [
    componentTexts({ root }),
    react({ babel: { plugins: ["@lingui/babel-plugin-lingui-macro"] } }),
    lingui({ failOnMissing: true, failOnCompileError: true }),
    holdFloor(),
    serviceWorker({ root, killSwitch: mode === "kill-switch" }),
    encodedFiles(),
  ],
  css: { transformer: "lightningcss", lightningcss: { targets: STYLE_FLOOR } },
  build: {
    outDir: "dist",
    target: FLOOR,
    cssMinify: "lightningcss",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // By number: a bare machine may know no name, not even its own.
  server: { host: "127.0.0.1", proxy: { "/api": { target: process.env["GCHAT_URL"] ?? "http://127.0.0.1:8080", ws: true } } },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.ts"],
    restoreMocks: true,
    testTimeout: 120_000, // machines that build are busy; what hangs still ends
  },
}));
