// A task is built and run by the keyboard alone, and the page says what its rules do to each table.
import { look, open, tabTo as tabToOf } from './browser.mjs';

const { URL: at, KEY_ID, KEY_SECRET, MAPPING, DATABASE } = process.env;
const { browser, page, faults } = await open();
const tabTo = (what) => tabToOf(page, what);
const key = (name) => page.keyboard.press(name);

async function enter(what) {
  await tabTo(what);
  await key('Enter');
}

async function signIn() {
  await page.goto(`${at}/`);
  await page.getByLabel('Access key ID').waitFor();
  await tabTo(/Access key ID$/);
  await page.keyboard.insertText(KEY_ID);
  await tabTo(/Secret access key$/);
  await page.keyboard.insertText(KEY_SECRET);
  await key('Enter');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

async function ends() {
  await enter(/^A Tasks/);
  await page.getByText('There is no task yet').waitFor();
  await enter(/^A New task/);
  await page.getByLabel('public', { exact: true }).waitFor();
  await tabTo(/^INPUT\s+Name$/);
  await page.keyboard.insertText('typed');
  await tabTo(/^SELECT .*What it does$/s);
  await key('ArrowDown'); // loads all once
  await tabTo(/public$/);
  await key('Space');
  await enter(/^BUTTON Create and choose tables/);
}

// What stands at a table is all that the rules do to it, and nothing else.
async function tables() {
  await page.getByText('3 of 3 move').waitFor();
  await tabTo(/^BUTTON Tables$/);
  await key('ArrowRight');
  await key('ArrowRight');
  await page.getByRole('tab', { name: 'JSON', selected: true }).waitFor();
  await tabTo(/Table mappings$/);
  await key('Control+A');
  await page.keyboard.insertText(MAPPING);
  const would = page.getByLabel('What would happen');
  const table = (name) => would.getByRole('listitem').filter({ has: page.locator('summary', { hasText: name }) });
  await table('public.orders').getByText('only rows where total ≥ 100', { exact: true }).waitFor();
  const said = async (name) => table(name).locator('ul.effects li').allInnerTexts();
  const is = (what, got, want) => {
    if (got !== want) throw new Error(`${what}: ${got}, want ${want}`);
  };
  is('of the orders is said', (await said('public.orders')).join('; '), 'only rows where total ≥ 100; loaded in parallel: ranges of id, cut 2 times');
  is('of the customers is said', (await said('public.customer')).join('; '), 'column name becomes full_name; column phone is masked: every digit becomes #');
  await table('public.orders').getByText(`${DATABASE}.orders`).waitFor();
  await table('public.orders').getByText('about 300 rows, 3 segments').waitFor();
  await table('public.customer').getByText(`${DATABASE}.client`).waitFor();
  if (await table('public.scratch').count()) throw new Error('a table is shown that does not move');
  await enter(/^SUMMARY public\.customer/);
  await table('public.customer').getByText(/CREATE TABLE[^]*full_name/).waitFor();
  await look(page, 'new-task-effects');
  await enter(/^BUTTON Save and go on/);
}

async function settingsAndStart() {
  await page.getByLabel('Loaded at the same time').waitFor();
  await tabTo(/Loaded at the same time$/);
  await key('Control+A');
  await page.keyboard.insertText('3');
  await enter(/^BUTTON Save and go on/);
  await page.getByText('Both ends can be reached.').waitFor();
  await enter(/^BUTTON Start the task/);
  await page.getByRole('heading', { name: 'typed', exact: true }).waitFor();
  await page.getByText('stopped', { exact: true }).waitFor();
  await page.getByRole('row', { name: /public\.orders/ }).getByText('201', { exact: true }).waitFor();
}

let failed = false;
try {
  for (const step of [signIn, ends, tables, settingsAndStart]) await step();
  if (faults.length) throw new Error(`the browser complains:\n${faults.join('\n')}`);
} catch (error) {
  const shown = await page.locator('body').innerText().catch(() => '');
  console.error(`${error.stack}\nat ${page.url()}, which shows:\n${shown}\n${faults.join('\n')}`);
  failed = true;
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0); // what reads the answers would keep the script alive
}
