// What policies forbid cannot be pressed, and says why; the server decides whatever the page shows.
import { ask, forbidden, look, open, signIn, until } from './browser.mjs';

const { URL: at, ADMIN, LOOKER } = process.env;
const { browser, page, faults } = await open();
const button = (name) => page.getByRole('button', { name, exact: true });
const pressable = (name) => page.getByRole('button', { name, exact: true, disabled: false }).first().waitFor();
const link = (name) => page.getByRole('navigation').getByRole('link', { name, exact: true });

// asked are the questions of every call that the page has made about itself.
const asked = [];
page.on('request', (r) => {
  if (/DescribeOwnAccess$/.test(r.headers()['x-amz-target'] ?? '')) asked.push(JSON.parse(r.postData()).Calls);
});

async function enter(key) {
  await page.goto(at + '/');
  await page.reload(); // whoever was signed in is forgotten
  await signIn(page, ...JSON.parse(key));
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

async function task() {
  await link('Tasks').click();
  await page.getByRole('link', { name: 'nightly', exact: true }).click();
  await button('Start').waitFor();
}

function is(what, got, want) {
  if (!want.test(got)) throw new Error(`${what}: ${got}`);
}

// Who may only look sees it on every page, and a right that is given later is seen without a reload.
async function looker() {
  await enter(LOOKER);
  await task();
  await phone();
  const denied = (action, type) => new RegExp(`^dms:${action} is not allowed on arn:aws:dms:eu-central-1:123456789012:${type}:[A-Z0-9]+, with an explicit deny in an identity-based policy$`);
  is('Start', await forbidden(button('Start')), denied('StartReplicationTask', 'task'));
  is('Delete', await forbidden(button('Delete')), denied('DeleteReplicationTask', 'task'));
  if (!asked.some((calls) => ['StartReplicationTask', 'DeleteReplicationTask'].every((o) => calls.some((c) => c.Operation === o)))) throw new Error(`the buttons of the page were not asked about in one call: ${JSON.stringify(asked)}`);
  await button('Why not: Delete').first().click();
  await page.getByRole('status').getByText(await forbidden(button('Delete'))).waitFor();
  await look(page, 'forbidden-before');
  await page.getByRole('tab', { name: 'Mapping', exact: true }).click();
  is('Save mapping', await forbidden(button('Save mapping')), /^dms:ModifyReplicationTask is not allowed on .*, because no identity-based policy allows the dms:ModifyReplicationTask action$/);

  await link('Instances').click();
  is('Delete of the instance', await forbidden(button('Delete')), denied('DeleteReplicationInstance', 'rep'));
  await button('New instance').click();
  const form = page.getByRole('dialog');
  is('Create instance', await forbidden(form.getByRole('button', { name: 'Create instance', exact: true })), /^dms:CreateReplicationInstance is not allowed on arn:.*:rep:.*, because no identity-based policy allows/);
  await form.getByText('dms:CreateReplicationInstance is not allowed').waitFor();
  await look(page, 'forbidden-form');
  await form.getByRole('button', { name: 'Cancel', exact: true }).click();
  await link('Endpoints').click();
  await page.getByRole('link', { name: 'one', exact: true }).click();
  is('Delete of the endpoint', await forbidden(button('Delete')), denied('DeleteEndpoint', 'endpoint'));
  await pressable('Test connection'); // it was asked about with the others, and is allowed

  await task();
  await forbidden(button('Start'));
  const said = await ask('grant');
  if (said !== 'ok') throw new Error(said);
  await pressable('Start');
  await forbidden(button('Delete'));
}

// On a phone the tab that is selected is seen, though the row of tabs is longer than the screen.
async function phone() {
  const wide = page.viewportSize();
  const seen = (tab) => until('the tab is seen', () => tab.evaluate((t) => {
    const at = t.getBoundingClientRect();
    return t.ariaSelected === 'true' && at.left >= 0 && at.right <= innerWidth ? 'ok' : `selected ${t.ariaSelected}, from ${at.left} to ${at.right} of ${innerWidth}`;
  }));
  const first = page.getByRole('tab').first(), last = page.getByRole('tab').last();
  await last.click();
  await page.setViewportSize({ width: 390, height: 844 });
  await seen(last);
  await page.keyboard.press('ArrowRight'); // from the last to the first
  await seen(first);
  await page.setViewportSize(wide);
}

// A page that was tampered with gains nothing.
async function tampered() {
  const of = button('Delete').first();
  await forbidden(of);
  await of.evaluate((b) => { b.disabled = false; });
  await of.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('alert').getByText(/is not authorized to perform: dms:DeleteReplicationTask/).waitFor();
}

// A server that cannot be asked leaves the buttons as they are; pressing one shows its refusal.
async function unasked() {
  await page.route('**/*', (r) => (/DescribeOwnAccess$/.test(r.request().headers()['x-amz-target'] ?? '')
    ? r.fulfill({ status: 400, contentType: 'application/x-amz-json-1.1', body: '{"__type":"UnknownOperationException","message":"no such operation"}' }) : r.continue()));
  await enter(LOOKER);
  const before = asked.length;
  await task();
  while (asked.length === before) await page.waitForRequest(() => true);
  await button('Delete').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('alert').getByText(/is not authorized to perform: dms:DeleteReplicationTask/).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).last().click();
  await pressable('Delete');
  await page.unroute('**/*');
}

// Who may do everything can press everything, also after the server has said so.
async function administrator() {
  await enter(ADMIN);
  const answered = page.waitForResponse((r) => /DescribeOwnAccess$/.test(r.request().headers()['x-amz-target'] ?? '') && r.ok());
  await task();
  const { Calls } = await (await answered).json();
  if (!Calls.length || Calls.some((c) => !c.Allowed)) throw new Error(`the administrator may not: ${JSON.stringify(Calls)}`);
  await link('Instances').click();
  await button('New instance').click();
  await page.getByRole('dialog').getByLabel('Name').fill('second');
  await page.getByRole('dialog').getByRole('button', { name: 'Create instance', exact: true, disabled: false }).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click();
  await task();
  for (const name of ['Start', 'Delete']) {
    await pressable(name);
    if (await button(name).first().getAttribute('title')) throw new Error(`${name} has a reason`);
  }
  await button('Delete').first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('There is no task yet').waitFor();
}

let failed = false;
try {
  await looker();
  await tampered();
  await unasked();
  await administrator();
  if (asked.some((calls) => calls.length > 50)) throw new Error('a call asks too much');
  if (faults.length) throw new Error(`the browser complains:\n${faults.join('\n')}`);
} catch (error) {
  const shown = await page.locator('body').innerText().catch(() => '');
  console.error(`${error.stack}\nat ${page.url()}, which shows:\n${shown}\n${faults.join('\n')}`);
  failed = true;
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0); // what reads the answers would keep the script alive
}
