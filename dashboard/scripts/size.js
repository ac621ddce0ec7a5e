// Measures what a first visit loads (HTML, style sheets, entry script and what it imports at once), gzipped.
// Fails over the limit of the project.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT = 60 * 1000;
const LIMIT_ALL = 250 * 1000;
const dist = new URL('../dist/', import.meta.url);
const read = (name) => readFileSync(new URL(name, dist));
const size = (name) => gzipSync(read(name), { level: 9 }).length;

const html = read('index.html').toString();
const first = new Set(['index.html']);
const queue = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]);
while (queue.length > 0) {
  const name = queue.pop();
  if (first.has(name)) continue;
  first.add(name);
  if (!name.endsWith('.js')) continue;
  for (const [, file] of read(name).toString().matchAll(/(?:^|[;\n}])import\s*(?:[\w*{][^"';]*?from\s*)?["']\.\/([^"']+)["']/g)) queue.push(`assets/${file}`);
}

const total = [...first].reduce((sum, name) => sum + size(name), 0);
const assets = readdirSync(new URL('assets/', dist)).filter((name) => /\.(js|css)$/.test(name));
const all = assets.reduce((sum, name) => sum + size(`assets/${name}`), 0);
for (const name of [...first].sort()) console.log(`${String(size(name)).padStart(7)}  ${name}`);
console.log(`first load ${total} bytes gzipped (limit ${LIMIT}); all JS and CSS ${all} (limit ${LIMIT_ALL})`);
if (total > LIMIT || all > LIMIT_ALL) {
  console.error('The bundle is over its limit.');
  process.exit(1);
}
