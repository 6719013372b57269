// How long a page takes until it can be used, from nothing in the browser's cache: the console's first, and one of a single field.
import { open } from './browser.mjs';

const { URL: at, TIMES } = process.env;
const { browser, faults } = await open();

async function ready(url) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const begun = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.getByLabel('Access key ID').waitFor();
  const taken = performance.now() - begun;
  await context.close();
  return taken;
}

const taken = { console: [], bare: [] };
for (let i = 0; i < Number(TIMES); i++) {
  taken.console.push(await ready(at + '/'));
  taken.bare.push(await ready('data:text/html,<label>Access key ID <input></label>'));
}
await browser.close();
if (faults.length) throw new Error(faults.join('\n'));
console.log(JSON.stringify(taken));
