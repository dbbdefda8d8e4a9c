// Bundles css/ and js/ into platform/kintsugi/static/dist. Every file has its content's hash in its
// name; manifest.json says which file stands for which name. Node comes with the build environment.
import { createHash } from "node:crypto";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../kintsugi/static/dist");

const shared = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  minify: true,
  metafile: true,
  target: ["es2022", "chrome123", "firefox120", "safari17.5"],
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "none", // licenses.txt has them whole
  logLevel: "warning",
};

await rm(out, { recursive: true, force: true });
const results = await Promise.all([
  build({ ...shared, entryPoints: ["js/app.js"], format: "esm", splitting: true }),
  // Not a module: it must run before the first paint.
  build({ ...shared, entryPoints: ["js/theme.js"], format: "iife" }),
  build({ ...shared, entryPoints: ["css/app.css"], loader: { ".woff2": "file" } }),
]);

const files = {};
const packages = new Set();
for (const { metafile } of results) {
  for (const [path, output] of Object.entries(metafile.outputs)) {
    const source = output.entryPoint ?? Object.keys(output.inputs).find((name) => name.endsWith(".woff2"));
    if (source) files[basename(source)] = basename(path);
  }
  for (const input of Object.keys(metafile.inputs)) {
    const [, name] = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//) ?? [];
    if (name) packages.add(name);
  }
}
await writeFile(join(out, "licenses.txt"), (await Promise.all([...packages].sort().map(license))).join("\n"));
await writeFile(join(out, "manifest.json"), JSON.stringify({ source: await sources(), files }, null, 2) + "\n");

async function license(name) {
  const folder = join(here, "node_modules", name);
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name}\n\n${file ? await readFile(join(folder, file), "utf8") : "No license file."}\n`;
}

// The same digest is computed in platform/build_assets.py, which then knows that nothing is to be done.
async function sources() {
  const digest = createHash("sha256");
  const found = ["build.mjs", "package.json", "package-lock.json"];
  for (const folder of ["css", "js"])
    for (const entry of await readdir(join(here, folder), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) found.push(relative(here, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  for (const name of found.sort()) digest.update(name + "\0").update(await readFile(join(here, name)));
  return digest.digest("hex");
}
