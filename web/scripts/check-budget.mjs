// Fails when what sign-in's first view loads, compressed with brotli, is more than the budget.
import { readFile } from "node:fs/promises";
import { brotliCompressSync } from "node:zlib";

const budgetBytes = 170 * 1024;
const firstView = ["index.html", "src/pages/sign-in/SignInPage.tsx"];

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(await readFile(new URL(".vite/manifest.json", dist), "utf8"));

const files = new Set(["index.html"]);
const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk) {
        throw new Error(`${key} is not in Vite's manifest: does the first view still begin there?`);
    }
    if (files.has(chunk.file)) {
        return;
    }
    files.add(chunk.file);
    for (const name of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) {
        files.add(name);
    }
    (chunk.imports ?? []).forEach(visit);
};
firstView.forEach(visit);

let total = 0;
for (const name of files) {
    const size = brotliCompressSync(await readFile(new URL(name, dist))).length;
    total += size;
    if (process.argv.includes("--verbose")) {
        console.log(String(size).padStart(8), name);
    }
}
console.log(`sign-in's first view: ${(total / 1024).toFixed(1)} KiB of ${budgetBytes / 1024} KiB (brotli)`);
if (total > budgetBytes) {
    console.error("Over the budget. See what grew with: node scripts/check-budget.mjs --verbose");
    process.exit(1);
}
