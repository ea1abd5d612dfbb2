// Puts .br and .gz beside every file of dist/ that gains by it, and writes dist/manifest.json, from which the server's
// build embeds the files. index.html stays as it is: the server writes a nonce into each answer.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const contentTypes = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
};

const names = (await readdir(dist, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("/.vite"))
    .map((entry) => relative(dist, join(entry.parentPath, entry.name)))
    .filter((name) => !/\.(br|gz)$/.test(name) && name !== "manifest.json")
    .sort();

const files = [];
for (const name of names) {
    const contentType = contentTypes[extname(name)];
    if (!contentType) {
        throw new Error(`${name}: no content type is known for this ending`);
    }
    const path = join(dist, name);
    const bytes = await readFile(path);
    const encodings = [];
    await Promise.all([".br", ".gz"].map((ending) => rm(path + ending, { force: true })));
    if (name !== "index.html") {
        const brotli = brotliCompressSync(bytes, {
            params: {
                [constants.BROTLI_PARAM_QUALITY]: 11,
                [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
            },
        });
        const gzip = gzipSync(bytes, { level: 9 });
        if (brotli.length < bytes.length) {
            await writeFile(`${path}.br`, brotli);
            encodings.push("br");
        }
        if (gzip.length < bytes.length) {
            await writeFile(`${path}.gz`, gzip);
            encodings.push("gzip");
        }
    }
    files.push({ path: name, content_type: contentType, immutable: name.startsWith("assets/"), encodings });
}
await writeFile(join(dist, "manifest.json"), `${JSON.stringify({ files }, null, 2)}\n`);
console.log(`${files.length} files in dist/manifest.json`);
