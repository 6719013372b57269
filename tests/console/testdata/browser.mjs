// The browser, and what every step of the tests does with it.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const { MODULES, CHROMIUM, SHOTS } = process.env;
const require = createRequire(join(MODULES, 'x.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const patience = Number(process.env.PATIENCE ?? 120_000);

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// ask has something happen outside of the browser, and answers 'ok' or what went wrong.
export async function ask(word) {
  console.log(`ask ${word}`);
  return (await answers.next()).value;
}

export async function until(what, check) {
  const end = Date.now() + patience;
  for (let said = ''; ;) {
    said = await check();
    if (said === 'ok') return;
    if (Date.now() > end) throw new Error(`${what}: ${said}`);
    await new Promise((r) => setTimeout(r, 300));
  }
}

// sizes are a desk's screen, which the pages begin with, and a phone's.
export const sizes = { wide: { width: 1280, height: 860 }, narrow: { width: 390, height: 844 } };

export async function open() {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', timezoneId: 'Europe/Berlin', viewport: sizes.wide, colorScheme: 'light', reducedMotion: 'reduce' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(process.env.URL).origin });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (e) => faults.push(`the page fell: ${e.stack ?? e}`));
  page.on('console', (m) => {
    // A refused call is logged by the browser itself, and shown by the page.
    if (m.type() === 'error' && !/Failed to load resource: the server responded with a status of (400|403|404)/.test(m.text())) faults.push(m.text());
  });
  page.on('request', (r) => {
    const at = new URL(r.url());
    if (at.protocol !== 'data:' && at.origin !== new URL(process.env.URL).origin) faults.push(`the page asks another server: ${r.url()}`);
  });
  return { browser, page, faults };
}

// signIn signs in with a key, on the page that asks for one.
export async function signIn(page, id, secret) {
  await page.getByLabel('Access key ID').fill(id);
  await page.getByLabel('Secret access key').fill(secret);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

// forbidden waits until a button cannot be pressed because policies say so, and answers with the reason that it shows.
export async function forbidden(button) {
  return button.and(button.page().locator('button:disabled[title*=" is not allowed"]')).first().getAttribute('title');
}

const copied = new Set();

// copyAll notes what each button of the page that can be pressed puts on the clipboard as the command that does the same.
export async function copyAll(page) {
  const texts = await page.evaluate(() => {
    const all = [];
    navigator.clipboard.writeText = (text) => {
      all.push(text);
      return new Promise(() => {}); // it is not said that something was copied
    };
    for (const copy of document.querySelectorAll('button[aria-label^="Copy the command"]')) {
      if (copy.closest('form')?.checkValidity() !== false && !copy.closest('.do')?.querySelector('button').disabled) copy.click();
    }
    delete navigator.clipboard.writeText;
    return all;
  });
  for (const text of texts) copied.add(text);
}

// keepCopied hands on what has been noted.
export const keepCopied = () => writeFileSync(process.env.COMMANDS, JSON.stringify([...copied]));

// judge has axe go over the page as it is.
export async function judge(page, name) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
  if (serious.length) {
    throw new Error(`axe on ${name}: ${serious.map((v) => `${v.id} (${v.help}): ${v.nodes.slice(0, 3).map((n) => `${n.html} ${n.failureSummary}`).join('; ')}`).join('\n')}`);
  }
}

// look has axe go over the page, light and dark, wide and narrow, notes its commands, and keeps pictures if pictures are wanted; with
// something in the middle of them that would be out of sight.
export async function look(page, name, { middle, on = Object.keys(sizes) } = {}) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const size of on) {
      await page.setViewportSize(sizes[size]);
      await middle?.evaluate((e) => e.scrollIntoView({ block: 'center' }));
      await fits(page, `${name}, ${size}`);
      await judge(page, `${name}, ${colorScheme} and ${size}`);
      if (SHOTS) await shoot(page, `${name}-${colorScheme}-${size}`);
    }
  }
  await page.setViewportSize(sizes.wide);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await copyAll(page);
}

// fits is that neither the page nor what is open above it is wider than the screen, and that on a phone nothing of a list is cut off.
export async function fits(page, name) {
  const over = await page.evaluate(() => {
    const cut = (e, of, left, right) => {
      const culprits = [...of].filter((c) => {
        const at = c.getBoundingClientRect();
        return at.width > 0 && (at.right > right + 1 || at.left < left - 1);
      });
      return culprits.length ? [`${e.tagName} ${e.className} from ${left} to ${right}: ${culprits.slice(0, 5).map((c) => c.outerHTML.slice(0, 120)).join('\n')}`] : [];
    };
    const inside = (e, of) => cut(e, of, e.getBoundingClientRect().left, e.getBoundingClientRect().left + e.clientWidth);
    const wider = [document.documentElement, ...document.querySelectorAll('dialog[open]')].filter((e) => e.scrollWidth > e.clientWidth);
    const lists = innerWidth > 820 ? [] : [...document.querySelectorAll('.table')];
    return [...wider.flatMap((e) => inside(e, e.querySelectorAll('*'))), ...lists.flatMap((e) => inside(e, e.querySelectorAll('tbody td *')))];
  });
  if (over.length) throw new Error(`${name} is wider than the screen: ${over.join('\n')}`);
}

async function shoot(page, name) {
  await page.waitForTimeout(400); // charts are drawn anew in the other colours; for pictures alone
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

// focused says what has the focus: its kind, its text, and its label.
export const focused = (page) => page.evaluate(() => { const e = document.activeElement; return e === document.body ? '' : `${e.tagName} ${e.getAttribute('aria-label') ?? e.innerText ?? ''} ${e.id ? document.querySelector(`label[for="${CSS.escape(e.id)}"]`)?.innerText ?? '' : ''}`.trim(); });

// tabTo goes on by the key alone until something has the focus.
export async function tabTo(page, what) {
  for (let i = 0; i < 120; i++) {
    if (what.test(await focused(page))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${what} is not reached by Tab; the focus is at ${await focused(page)}`);
}
