// A migration by clicking, from signing in to the cut-over.
import { ask, copyAll, forbidden as forbiddenButton, keepCopied, look, open, signIn as signInWith, until } from './browser.mjs';

const { URL: at, KEY_ID, KEY_SECRET, ENDS } = process.env;
const ends = JSON.parse(ENDS);
const { browser, page, faults } = await open();
const button = (name) => page.getByRole('button', { name, exact: true });
const link = (name) => page.getByRole('navigation').getByRole('link', { name, exact: true });

async function signIn() {
  await page.goto(at + '/');
  await page.getByLabel('Access key ID').fill(KEY_ID);
  await page.getByLabel('Secret access key').fill('not the secret');
  await button('Sign in').click();
  await page.getByRole('alert').waitFor();
  await look(page, 'sign-in');
  await page.getByLabel('Secret access key').fill(KEY_SECRET);
  await button('Sign in').click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByText('Three steps to the first migration').waitFor();
  await look(page, 'first-steps');
}

// The role that subnet groups need is missing at first: the page makes it.
async function instance() {
  await page.getByRole('link', { name: 'Make a replication instance' }).click();
  await button('New instance').first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('mover');
  await look(page, 'new-instance');
  await dialog.getByRole('button', { name: 'Create instance', exact: true }).click();
  await page.getByText('available', { exact: true }).waitFor();
  await look(page, 'instances');
}

async function endpoint(end, type) {
  await link('Endpoints').click();
  await button('New endpoint').first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Rows').selectOption(type);
  await dialog.getByLabel('Engine', { exact: true }).selectOption(end.Engine);
  await dialog.getByLabel('Name').first().fill(`shop-${type}`);
  await dialog.getByLabel('Server', { exact: true }).fill(end.Server);
  await dialog.getByLabel('Port').fill(end.Port);
  await dialog.getByLabel('User').fill(end.User);
  await dialog.getByLabel('Password').fill(end.Password);
  if (end.Engine === 'postgres') await dialog.getByLabel('Database', { exact: false }).first().fill(end.Database);
  if (type === 'source') await look(page, 'new-endpoint');
  await dialog.getByRole('button', { name: 'Create endpoint', exact: true }).click();
  await page.getByRole('heading', { name: `shop-${type}` }).waitFor();
  await button('Test connection').click();
  await page.getByText('The database answered').waitFor();
  if (type === 'target') await look(page, 'endpoint');
}

async function build() {
  await link('Tasks').click();
  await page.getByText('There is no task yet').waitFor();
  await look(page, 'no-tasks');
  await page.getByRole('link', { name: 'New task' }).first().click();
  await page.getByLabel('Name').fill('shop');
  await page.getByLabel('public', { exact: true }).check();
  await look(page, 'new-task');
  await button('Create and choose tables').click();
  await page.getByLabel(/public\.scratch/).uncheck();
  await page.getByText('2 of 3 move').waitFor();
  // MariaDB's schemas are databases: the shop arrives under a name of its own.
  await page.getByRole('tab', { name: 'Rules' }).click();
  await button('Add a transformation').click();
  await page.getByLabel('To', { exact: true }).fill('shop');
  await page.getByLabel('What would happen').getByText('shop.orders').waitFor();
  await look(page, 'new-task-rules');
  await page.getByRole('tab', { name: 'JSON' }).click();
  const json = page.getByLabel('Table mappings');
  const good = await json.inputValue();
  await json.fill(good.replace('"rename"', '"renmae"'));
  await page.getByRole('alert').getByText(/renmae/).waitFor();
  await json.fill(good);
  await page.getByRole('tab', { name: 'Tables' }).click();
  await page.getByText('2 of 3 move').waitFor();
  await look(page, 'new-task-tables');
  await button('Save and go on').click();
  await page.getByLabel(/Tables that are in the target/).waitFor();
  await page.getByLabel('Loaded at the same time').fill('4');
  await look(page, 'new-task-settings');
  await button('Save and go on').click();
  await page.getByText('Both ends can be reached.').waitFor();
  await assess();
  await look(page, 'new-task-start');
  await button('Start the task').click();
  await page.getByRole('heading', { name: 'shop', exact: true }).waitFor();
}

// What would keep the task from working is looked for before it starts; the role that writes the results is made.
async function assess() {
  await button('Assess').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the run').fill('before-start');
  await look(page, 'assess');
  await dialog.getByRole('button', { name: 'Begin', exact: true }).click();
  await page.getByText(/\d+ passed/).waitFor();
  await page.getByText('postgres-check-wallevel').waitFor();
  await look(page, 'assessment', { middle: page.getByText(/\d+ passed/) });
}

async function follow() {
  await button('Cut over').waitFor(); // it follows changes now
  await page.getByRole('row', { name: /public\.orders/ }).getByText('5,000').waitFor();
  await ask('trade');
  await page.getByRole('row', { name: /public\.orders/ }).getByRole('cell', { name: '50', exact: true }).waitFor();
  await until('changes arrive', () => ask('compare'));
  await look(page, 'task');
}

async function breakAndMend() {
  await link('Tasks').click();
  await page.getByRole('link', { name: 'shop', exact: true }).click();
  await button('Cut over').waitFor();
  await ask('break');
  await ask('more');
  await page.getByText('Changes wait, and none is applied').waitFor();
  await page.getByText(/waiting for the databases:/).first().waitFor();
  await page.getByRole('main').getByText(/connection refused/i).first().waitFor();
  const twice = (await page.getByRole('main').innerText()).match(/\b(\w[\w' ]{5,}): \1: /);
  if (twice) throw new Error(`the reason says the same twice: ${twice[0]}`);
  await look(page, 'task-broken');
  await link('Overview').click();
  await needsALook().getByRole('listitem').filter({ hasText: 'shop' }).getByText(/waiting for the databases:|changes have waited for/).waitFor();
  await needsALook().getByText('Nothing').waitFor({ state: 'detached' });
  await look(page, 'overview-broken');
  await link('Endpoints').click();
  await page.getByRole('link', { name: 'shop-target' }).click();
  await button('Test connection').click();
  await page.getByText(/connection refused|refused/i).first().waitFor();
  await look(page, 'endpoint-broken');
  await ask('mend');
  await button('Test connection').click();
  await page.getByText('The database answered').waitFor();
  await link('Tasks').click();
  await look(page, 'tasks');
  await page.getByRole('link', { name: 'shop', exact: true }).click();
  await until('changes arrive after all', () => ask('compare'));
  await page.getByText('Changes wait, and none is applied').waitFor({ state: 'detached' });
  await page.getByText(/waiting for the databases:/).waitFor({ state: 'detached' });
  await link('Overview').click();
  await needsALook().getByText('Nothing. All tasks and instances are as they should be.').waitFor();
  await link('Tasks').click();
  await page.getByRole('link', { name: 'shop', exact: true }).click();
}

// A row that the target refuses is shown with its reason, and copied once more when the reason is gone.
async function errorRows() {
  await ask('refuse');
  await page.getByRole('tab', { name: 'Error rows', exact: true }).click();
  const refused = page.getByRole('row').filter({ hasText: '7001' });
  await until('the refused row is shown', async () => {
    await button('Look again').click();
    await page.waitForTimeout(200);
    return (await refused.count()) ? 'ok' : 'it is not there';
  });
  await refused.getByText(/affordable/).first().waitFor();
  await look(page, 'task-errors', { middle: refused });
  await button('Stop').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText('stopped', { exact: true }).waitFor();
  await ask('allow');
  await copyAll(page);
  await refused.getByRole('button', { name: 'Copy again', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Copy again', exact: true }).click();
  await page.getByText('1 rows written, 0 removed').waitFor();
  await until('the row is there', () => ask('compare'));
  await button('Resume').click();
  await button('Cut over').waitFor();
}

async function overview() {
  await link('Overview').click();
  await page.getByText('following changes').waitFor();
  await needsALook().getByText('Nothing. All tasks and instances are as they should be.').waitFor();
  await look(page, 'overview');
}

const needsALook = () => page.locator('section').filter({ has: page.getByRole('heading', { name: 'Needs a look', exact: true }) });

async function cutOver() {
  await link('Tasks').click();
  await page.getByRole('link', { name: 'shop', exact: true }).click();
  await button('Cut over').click();
  await look(page, 'cut-over');
  await page.getByRole('dialog').getByRole('button', { name: 'Cut over', exact: true }).click();
  await page.getByText('stopped', { exact: true }).waitFor();
  await until('the target equals the source', () => ask('compare'));
  for (const tab of ['Events', 'Mapping', 'Settings', 'About', 'Log']) {
    await page.getByRole('tab', { name: tab, exact: true }).first().click();
    if (tab === 'Events') await page.getByRole('cell', { name: /stopped/i }).first().waitFor();
    if (tab === 'Log') await page.getByRole('listitem').filter({ hasText: /\[TASK_MANAGER/ }).first().waitFor();
    if (tab === 'Mapping') {
      await page.getByText('2 of 2 move').waitFor();
      await button('Copy the command: Save mapping').click();
      await page.getByText('Copied.').first().waitFor();
      const said = await ask(`run ${encodeURIComponent(await page.evaluate(() => navigator.clipboard.readText()))}`);
      if (said !== 'ok') throw new Error(`the copied command: ${said}`);
    }
    if (tab === 'Settings' && (await page.getByLabel('Loaded at the same time').inputValue()) !== '4') throw new Error('the setting was not kept');
    await look(page, `task-${tab.toLowerCase()}`);
  }
  await searchLog();
}

// More is found than one answer holds, and the newest comes first; what is written meanwhile is found too.
async function searchLog() {
  for (const [first, count] of [[0, 12_000], [12_000, 1]]) {
    const said = await ask(`log ${first} ${count}`);
    if (said !== 'ok') throw new Error(`write the log: ${said}`);
    await page.getByLabel('Search').fill('needle');
    await page.getByRole('listitem').filter({ hasText: 'needle' }).first().filter({ hasText: `needle ${first + count - 1}` }).waitFor();
  }
  const lines = await page.getByRole('listitem').filter({ hasText: 'needle' }).allInnerTexts();
  const wrong = lines.findIndex((text, i) => !text.endsWith(`needle ${12_000 - i}`));
  if (lines.length !== 500 || wrong >= 0) throw new Error(`${lines.length} lines are found, and number ${wrong} is ${lines[wrong]}`);
}

// The other pages: each is opened, and does what it is for once.
async function others() {
  await link('Users and policies').click();
  await page.getByRole('link', { name: 'admin', exact: true }).waitFor();
  await look(page, 'users');
  await button('New user').click();
  await page.getByRole('dialog').getByLabel('Name').fill('reader');
  await page.getByRole('dialog').getByRole('button', { name: 'Create user', exact: true }).click();
  await page.getByText('this user may do nothing').waitFor();
  await button('Write one').click();
  await page.getByRole('dialog').getByLabel('Document').waitFor();
  await look(page, 'policy');
  await page.getByRole('dialog').getByRole('button', { name: 'Save policy', exact: true }).click();
  await page.getByText('of the user alone').waitFor();
  await button('New key').click();
  const shown = page.getByRole('dialog').locator('code');
  await shown.nth(1).waitFor();
  const key = await shown.allInnerTexts(); // its ID and its secret
  await page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('cell', { name: key[0] }).waitFor();
  await page.goto(`${at}/#/users/simulator`);
  await page.getByLabel('Who').fill('arn:aws:iam::123456789012:user/reader');
  await page.getByLabel('Action').fill('dms:StartReplicationTask');
  await button('Simulate').click();
  await page.getByText('nothing allows it').waitFor();
  await page.getByLabel('Action').fill('dms:DescribeEndpoints');
  await button('Simulate').click();
  await page.getByText('allowed', { exact: true }).waitFor();
  await look(page, 'simulator');

  await link('Keys').click();
  await button('New key').first().click();
  await page.getByRole('dialog').getByLabel('Alias').fill('shop');
  await page.getByRole('dialog').getByRole('button', { name: 'Create key', exact: true }).click();
  await page.getByText('alias/shop').waitFor();
  await look(page, 'keys');

  await link('VPC endpoints').click();
  await button('New VPC endpoint').first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Create endpoint', exact: true }).click();
  await page.getByRole('cell', { name: /^vpce-/ }).first().waitFor();
  await look(page, 'vpc-endpoints');

  await link('Subnet groups').click();
  await page.getByRole('cell', { name: 'default', exact: true }).first().waitFor();
  await look(page, 'subnet-groups');
  await link('Certificates').click();
  await page.getByText('There is no certificate yet').waitFor();
  await look(page, 'certificates');
  await link('Event subscriptions').click();
  await page.getByRole('cell', { name: /stopped/i }).first().waitFor();
  await look(page, 'subscriptions');
  await link('Audit trail').click();
  await page.getByText('dms:CreateEndpoint').first().waitFor();
  await look(page, 'trail');
  await link('Metrics').click();
  await page.getByRole('img', { name: /^CPUUtilization: CPUUtilization \d.*; [1-9]\d* values$/ }).waitFor();
  await look(page, 'metrics');
  return key;
}

// A user who may only look sees what is forbidden, and why.
async function forbidden([id, secret]) {
  await button('Sign out').click();
  await signInWith(page, id, secret);
  await link('Tasks').click();
  await page.getByRole('link', { name: 'shop', exact: true }).click();
  const why = await forbiddenButton(button('Resume'));
  if (!/^dms:StartReplicationTask is not allowed on arn:.*:task:.*, because no identity-based policy allows/.test(why)) throw new Error(`Resume is forbidden because ${why}`);
  await look(page, 'forbidden');
  await link('Keys').click();
  await page.getByText('Your policies do not allow this').waitFor();
}

let failed = false;
try {
  await signIn();
  await instance();
  await endpoint(ends.source, 'source');
  await endpoint(ends.target, 'target');
  await build();
  await follow();
  await overview();
  await breakAndMend();
  await errorRows();
  await cutOver();
  await forbidden(await others());
  keepCopied();
  if (faults.length) throw new Error(`the browser complains:\n${faults.join('\n')}`);
} catch (error) {
  const shown = await page.locator('body').innerText().catch(() => '');
  console.error(`${error.stack}\nat ${page.url()}, which shows:\n${shown}\n${faults.join('\n')}`);
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/failed.png` }).catch(() => {});
  failed = true;
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0); // what reads the answers would keep the script alive
}
