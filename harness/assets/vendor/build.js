// Bundle entry.js into the one script of the page, headed by name, version and licence of everything in it.
import { readFileSync, readdirSync } from "node:fs";
import { build } from "esbuild";

const output = "../vendor.js";
const options = { entryPoints: ["entry.js"], bundle: true, minify: true, format: "iife", globalName: "vendor",
  legalComments: "none", charset: "ascii", metafile: true };

const { metafile } = await build({ ...options, write: false });
const folders = Object.keys(metafile.inputs).map((path) => path.match(/^node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]);
const packages = new Map();  // licence text -> packages under it
for (const folder of [...new Set(folders)].filter(Boolean).sort()) {
  const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const licence = readFileSync(`${folder}/${file}`, "utf8").trim();
  packages.set(licence, [...(packages.get(licence) ?? []), `${name} ${version}`]);
}
const notices = [...packages].map(([licence, names]) => `${names.join(", ")}\n\n${licence}`).join("\n\n----\n\n");
const banner = `/* Bundled from npm by vendor/build.js; do not edit.\n\n${notices.replaceAll("*/", "* /")}\n*/`;
await build({ ...options, outfile: output, banner: { js: banner } });
