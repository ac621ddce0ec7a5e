// Writes dist/THIRD_PARTY.txt: the licences of the packages whose code is in the bundle.
// Fails on a licence that the project does not allow, and on a package without a licence text.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const ALLOWED = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0'];
const root = new URL('../', import.meta.url);
const json = (path) => JSON.parse(readFileSync(new URL(path, root)));

/** A package and the packages that it needs at run time. */
function collect(name, found) {
  if (found.has(name) || !existsSync(new URL(`node_modules/${name}/package.json`, root))) return;
  const manifest = json(`node_modules/${name}/package.json`);
  found.set(name, manifest);
  for (const next of Object.keys(manifest.dependencies ?? {})) if (!next.startsWith('@types/')) collect(next, found);
}

const found = new Map();
for (const name of Object.keys(json('package.json').dependencies)) collect(name, found);

const parts = [];
for (const [name, manifest] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const folder = new URL(`node_modules/${name}/`, root);
  if (!ALLOWED.includes(manifest.license)) {
    console.error(`${name} ${manifest.version} has the licence ${manifest.license}, which is not allowed`);
    process.exit(1);
  }
  const file = readdirSync(folder).find((entry) => /^licen[sc]e(\.|$)/i.test(entry));
  const text = file ? readFileSync(new URL(file, folder), 'utf8').replaceAll('\r\n', '\n').trim() : `${manifest.license} licence; the package has no licence file.`;
  parts.push(`${name} ${manifest.version} (${manifest.license})\n\n${text}\n`);
}
const head = 'The dashboard contains code of these packages.\n\n';
writeFileSync(new URL('dist/THIRD_PARTY.txt', root), head + parts.join(`\n${'-'.repeat(80)}\n\n`));
console.log(`THIRD_PARTY.txt: ${parts.length} packages`);
