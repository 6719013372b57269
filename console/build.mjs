// Builds the page into a folder: `node build.mjs [folder]`. The same sources and the same package-lock.json give the same bytes.
import { readFileSync, writeFileSync, rmSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, '../internal/console/dist');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { app: 'src/main.tsx', style: 'src/style.css' },
  outdir: out,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2022'],
  minify: true,
  metafile: true,
  legalComments: 'none', // licenses.txt has them
  jsx: 'automatic',
  jsxImportSource: 'preact',
  entryNames: '[name]-[hash]',
  chunkNames: 'part-[hash]',
  loader: { '.svg': 'file' },
  assetNames: '[name]-[hash]',
  logLevel: 'warning',
});

const built = Object.entries(metafile.outputs);
const named = (entry) => {
  const found = built.find(([, o]) => o.entryPoint === entry);
  return relative(out, join(here, found[0]));
};
const script = named('src/main.tsx');
const style = named('src/style.css');

// What the first script needs at once is fetched beside it.
const needed = new Set();
const follow = (path) => {
  for (const i of metafile.outputs[path].imports) {
    if (i.kind === 'import-statement' && !needed.has(i.path)) {
      needed.add(i.path);
      follow(i.path);
    }
  }
};
follow(built.find(([, o]) => o.entryPoint === 'src/main.tsx')[0]);
const preload = [...needed].sort().map((p) => `<link rel="modulepreload" href="console/${relative(out, join(here, p))}">`).join('\n');

writeFileSync(join(out, 'index.html'), readFileSync(join(here, 'src/index.html'), 'utf8')
  .replace('{{script}}', `console/${script}`).replace('{{style}}', `console/${style}`).replace('{{preload}}', preload));

// The licenses of everything that is inside.
const packages = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const m = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (m) packages.add(m[1]);
}
const texts = new Map();
for (const name of [...packages].sort()) {
  const dir = join(here, 'node_modules', name);
  const about = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  const file = readdirSync(dir).sort().find((f) => /^(licen[cs]e|copying)/i.test(f));
  const text = file ? readFileSync(join(dir, file), 'utf8').replaceAll('\r\n', '\n').trim() : `License: ${about.license}`;
  texts.set(text, [...(texts.get(text) ?? []), `${name} ${about.version} (${about.license})`]);
}
const line = '='.repeat(100);
const licenses = 'The console contains these packages.\n'
  + [...texts].map(([text, of]) => `\n${line}\n${of.join('\n')}\n\n${text}\n`).join('');
writeFileSync(join(out, 'licenses.txt'), licenses);
