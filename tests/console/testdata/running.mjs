// What the pages show and change while a task runs, and the policy of a key.
import { ask, copyAll, forbidden, keepCopied, look, open, signIn as signInWith, until } from './browser.mjs';

const { URL: at, KEY_ID, KEY_SECRET, LOOKER, KEY, TASK } = process.env;
const { browser, page, faults } = await open();
const button = (name) => page.getByRole('button', { name, exact: true });
const tab = (name) => page.getByRole('tab', { name, exact: true });
const row = (text) => page.getByRole('row').filter({ hasText: text });
const dialog = page.getByRole('dialog');

async function must(what, word) {
  const said = await ask(word);
  if (said !== 'ok') throw new Error(`${what}: ${said}`);
}

const seen = (command, text) => until(command, () => ask(`see ${encodeURIComponent(command)} ${encodeURIComponent(text)}`));

async function enter(id, secret) {
  await page.goto(`${at}/`);
  await page.reload(); // whoever was signed in is forgotten
  await signInWith(page, id, secret);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

// A run that waits for a locked table is cancelled, and what it would have looked for says so. The next one ends, and the record of
// the first is deleted.
async function assessments() {
  await must('lock a table', 'lock');
  await page.goto(`${at}/#/tasks/${TASK.split(':').pop()}/assessment`);
  await page.getByText('Not assessed yet').waitFor();
  const assess = async (name) => {
    await button('Assess').click();
    await dialog.getByLabel('Name of the run').fill(name);
    await dialog.getByRole('button', { name: 'Begin', exact: true }).click();
    await page.getByText(name, { exact: true }).waitFor();
  };
  await assess('too-long');
  await page.getByText(/^0 of [1-9]\d*$/).or(page.getByRole('progressbar', { name: 'Assessments made' })).first().waitFor();
  await button('Assess').and(page.locator(':disabled')).waitFor(); // one at a time
  await look(page, 'assessment-running');
  await button('Cancel the assessment').click();
  await page.getByText(/^[1-9]\d* cancelled$/).waitFor();
  await row('postgres-check-wallevel').getByText('the assessment run was cancelled').waitFor();
  await button('Cancel the assessment').waitFor({ state: 'detached' });
  await must('unlock the table', 'free');
  await button('Assess').and(page.locator(':enabled')).waitFor();
  await assess('in-time');
  await page.getByText(/[1-9]\d* passed/).waitFor();
  await page.getByText('Earlier assessments').click();
  const runs = 'dms describe-replication-task-assessment-runs --query "sort(ReplicationTaskAssessmentRuns[].AssessmentRunName)"';
  await seen(runs, 'in-time too-long');
  await copyAll(page);
  await row('too-long').getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog.getByText('Delete the record of too-long?').waitFor();
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await seen(runs, 'in-time');
  await page.getByText('Earlier assessments').waitFor({ state: 'detached' });
}

// Of a table that was never analysed nobody knows how far it is.
async function unknown() {
  await must('start with a row held', 'hold');
  await page.goto(`${at}/#/tasks/${TASK.split(':').pop()}/tables`);
  await row('public.fresh').getByText('so far').waitFor();
  if (await row('public.fresh').getByRole('progressbar').count()) throw new Error('a share of an unknown whole is shown');
  const shown = await row('public.fresh').innerText();
  if (/about|%/.test(shown) || !/[1-9]\d*,000/.test(shown)) throw new Error(`the row says ${shown}`);
  await look(page, 'task-unknown');
  await must('free the row', 'free');
}

// The held row was never written by others: the load goes on and ends.
async function arrives() {
  await button('Cut over').waitFor();
  await row('public.fresh').getByText('30,000', { exact: true }).waitFor();
}

const lines = `logs filter-log-events --log-group-name dms-tasks-mover --filter-pattern '"SOURCE_UNLOAD   ]D:"' --query 'length(events) > \`0\`'`;
const reloads = (n) => seen(`logs filter-log-events --log-group-name dms-tasks-mover --filter-pattern '"tables loaded anew"' --query 'length(events)'`, String(n));

async function reload() {
  await must('empty the table, which DO_NOTHING would leave as it is', 'empty');
  await tab('Tables').click();
  await row('public.counted').getByRole('button', { name: 'Reload', exact: true }).click();
  await dialog.getByRole('button', { name: 'Reload', exact: true }).click();
}

// The severity that is chosen on the page holds from then on, while the task goes on running.
async function severities() {
  const running = () => seen('dms describe-replication-tasks --query "ReplicationTasks[0].Status"', 'running');
  await reload();
  await reloads(1);
  await seen(lines, 'False');
  await tab('Settings').click();
  await page.getByText('Each component', { exact: true }).click();
  await page.getByLabel('SOURCE_UNLOAD', { exact: true }).selectOption('LOGGER_SEVERITY_DEBUG');
  await button('Save settings').click();
  await page.getByText('Saved.').first().waitFor();
  await running();
  await reload();
  await reloads(2);
  await seen(lines, 'True');
  await tab('Log').click();
  await page.getByLabel('Search').fill('SOURCE_UNLOAD');
  await page.getByRole('listitem').filter({ hasText: 'SOURCE_UNLOAD   ]D:' }).first().waitFor();
  await look(page, 'task-log-debug', { middle: page.getByRole('listitem').filter({ hasText: 'SOURCE_UNLOAD   ]D:' }).first() });
  await must('take the severity back', 'usual');
  await running();
}

const policyOf = (more) => `{"Version":"2012-10-17","Statement":[{"Sid":"owner","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}${more}]}`;

// A key's policy is checked while it is typed, refused if nobody could change it again, and saved.
async function key() {
  await page.goto(`${at}/#/keys`);
  await row(KEY).getByRole('button', { name: 'Policy', exact: true }).waitFor();
  const over = await page.evaluate(() => Math.max(...[...document.querySelectorAll('.table')].map((t) => t.scrollWidth - t.clientWidth)));
  if (over > 1) throw new Error(`the list of keys has to be scrolled sideways by ${over} pixels`);
  await look(page, 'keys-policies');
  await row(KEY).getByRole('button', { name: 'Policy', exact: true }).click();
  const document = dialog.getByLabel('Document');
  if (!/kms:\*/.test(await document.inputValue())) throw new Error(`the policy is shown as ${await document.inputValue()}`);
  await document.fill('{"Version": ');
  await dialog.getByRole('alert').getByText(/JSON/).waitFor();
  await document.fill(policyOf('').replace('kms:*', 'kms:Encrypt'));
  await dialog.getByRole('button', { name: 'Save policy', exact: true }).click();
  await dialog.getByRole('alert').getByText(/will not allow you to update the key policy/).waitFor();
  await document.fill(policyOf(',{"Sid":"all","Effect":"Allow","Principal":"*","Action":"kms:DescribeKey","Resource":"*"}'));
  await look(page, 'key-policy');
  await copyAll(page);
  await dialog.getByRole('button', { name: 'Save policy', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await seen(`kms get-key-policy --key-id ${KEY} --policy-name default --query Policy | grep -o 'Sid[^,]*' | tr -d '":\\\\ ' | tr '\\n' ' '`, 'Sidowner Sidall');
}

// Who may not change it sees it, and why not.
async function keyForbidden() {
  await enter(...LOOKER.split(/\s+/));
  await page.goto(`${at}/#/keys`);
  await row(KEY).getByRole('button', { name: 'Policy', exact: true }).click();
  const why = await forbidden(dialog.getByRole('button', { name: 'Save policy', exact: true }));
  if (!/^kms:PutKeyPolicy is not allowed on arn:.*:key\/.*explicit deny/.test(why)) throw new Error(`saving is forbidden because ${why}`);
  await dialog.getByText('kms:PutKeyPolicy is not allowed').waitFor();
  await look(page, 'key-policy-forbidden');
}

let failed = false;
try {
  await enter(KEY_ID, KEY_SECRET);
  for (const step of [assessments, unknown, arrives, severities, key, keyForbidden]) await step();
  keepCopied();
  if (faults.length) throw new Error(`the browser complains:\n${faults.join('\n')}`);
} catch (error) {
  const shown = await page.locator('body').innerText().catch(() => '');
  console.error(`${error.stack}\nat ${page.url()}, which shows:\n${shown}\n${faults.join('\n')}`);
  failed = true;
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0); // what reads the answers would keep the script alive
}
