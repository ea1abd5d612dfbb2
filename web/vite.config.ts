import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/**
 * Chunks find each other relatively; only the document, which answers at any depth, needs the base path. A `<base>`
 * element cannot give it (the policy says `base-uri 'none'`), so the server writes it in place of the word.
 */
function basePathPlaceholder(): Plugin {
    return {
        name: "base-path-placeholder",
        apply: "build",
        enforce: "post",
        generateBundle: (_options, bundle) => {
            const page = bundle["index.html"];
            if (page?.type === "asset" && typeof page.source === "string") {
                page.source = page.source.replaceAll('="./assets/', '="__BASE_PATH__/assets/');
            }
        },
    };
}

export default defineConfig({
    base: "./",
    plugins: [react(), basePathPlaceholder()],
    html: { cspNonce: "__NONCE__" },
    build: {
        target: "es2022",
        manifest: true,
        modulePreload: { polyfill: false },
        assetsInlineLimit: 0,
        reportCompressedSize: false,
    },
    server: { proxy: { "/v1": process.env["KEYSTEAD_URL"] ?? "http://localhost:8080" } },
    test: { include: ["src/**/*.test.ts"], environment: "node" },
});
