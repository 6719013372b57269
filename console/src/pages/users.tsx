import { useState } from 'preact/hooks';
import { all, call } from '../api/call';
import { go, href, type Route } from '../route';
import { CopyButton, Do, Form } from '../ui/act';
import { Card, Empty, Facts, Loaded, Page, Panel, Status, Tabs } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Select, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { Time } from '../ui/words';
import { PolicyDialog } from './policy';
import { Simulator } from './simulator';

interface User {
  UserName: string;
  Arn: string;
  CreateDate?: Date;
}

interface Named {
  PolicyName: string;
  PolicyArn?: string;
  Arn?: string;
}

export default function Users({ route }: { route: Route }) {
  const at = route.path[1] ?? 'people';
  if (at === 'user') return <OneUser key={route.path[2]} name={route.path[2]} />;
  return (
    <Page title="Users and policies" sub="Who may do what, in IAM's language.">
      <Tabs at={at} onChange={(to) => go('users', to)} tabs={[{ id: 'people', label: 'Users' }, { id: 'roles', label: 'Roles' }, { id: 'policies', label: 'Policies' }, { id: 'simulator', label: 'Simulator' }]} />
      <Panel at={at}>
        {at === 'people' && <People />}
        {at === 'roles' && <Roles />}
        {at === 'policies' && <Policies />}
        {at === 'simulator' && <Simulator />}
      </Panel>
    </Page>
  );
}

function People() {
  const [making, setMaking] = useState(false);
  const [name, setName] = useState('');
  const users = useLoad(() => all<User>('iam', 'ListUsers', 'Users'), []);
  return (
    <Card title="Users" actions={<button type="button" class="primary" onClick={() => setMaking(true)}>New user</button>}>
      <Loaded from={users}>
        {(rows) => (
          <Table label="users" rows={rows} empty={<Empty title="There is no user" />} columns={[
            { name: 'Name', value: (u) => u.UserName, cell: (u) => <a href={href('users', 'user', u.UserName)}>{u.UserName}</a> },
            { name: 'ARN', value: (u) => u.Arn, cell: (u) => <code>{u.Arn}</code> },
            { name: 'Made', value: (u) => u.CreateDate?.toISOString(), cell: (u) => <Time at={u.CreateDate} /> },
          ]} />
        )}
      </Loaded>
      {making && (
        <Dialog title="New user" onClose={() => setMaking(false)}>
          <Form label="Create user" cancel={() => setMaking(false)} done={() => go('users', 'user', name)} said="The user is there, and may do nothing yet." make={() => call('iam', 'CreateUser', { UserName: name })}>
            <Text label="Name" value={name} onChange={setName} required pattern="[\w+=,.@\-]+" />
          </Form>
        </Dialog>
      )}
    </Card>
  );
}

function Roles() {
  const roles = useLoad(() => all<{ RoleName: string; Arn: string; Description?: string; CreateDate?: Date; AssumeRolePolicyDocument?: string }>('iam', 'ListRoles', 'Roles'), []);
  return (
    <Card title="Roles">
      <Loaded from={roles}>
        {(rows) => (
          <Table label="roles" rows={rows} empty={<Empty title="There is no role yet"><p>The roles that DMS needs are made when you first make an instance or a subnet group.</p></Empty>} columns={[
            { name: 'Name', value: (r) => r.RoleName },
            { name: 'ARN', value: (r) => r.Arn, cell: (r) => <code>{r.Arn}</code> },
            { name: 'Description', value: (r) => r.Description },
            { name: 'Made', value: (r) => r.CreateDate?.toISOString(), cell: (r) => <Time at={r.CreateDate} /> },
          ]} />
        )}
      </Loaded>
    </Card>
  );
}

function Policies() {
  const [scope, setScope] = useState('All');
  const [open, setOpen] = useState<Named>();
  const policies = useLoad(() => all<Named & { AttachmentCount?: number; UpdateDate?: Date }>('iam', 'ListPolicies', 'Policies', { Scope: scope }), [scope]);
  return (
    <Card title="Policies" actions={<Select label="Show" value={scope} onChange={setScope} options={[['All', 'all'], ['Local', 'this account’s'], ['AWS', 'those that come along']]} />}>
      <Loaded from={policies}>
        {(rows) => (
          <Table label="policies" rows={rows} empty={<Empty title="There is no policy here" />} columns={[
            { name: 'Name', value: (p) => p.PolicyName, cell: (p) => <button type="button" class="link" onClick={() => setOpen(p)}>{p.PolicyName}</button> },
            { name: 'ARN', value: (p) => p.Arn, cell: (p) => <code>{p.Arn}</code> },
            { name: 'Attached', figures: true, value: (p) => p.AttachmentCount ?? 0 },
          ]} />
        )}
      </Loaded>
      {open && <PolicyDialog title={open.PolicyName} arn={open.Arn} close={() => setOpen(undefined)} />}
    </Card>
  );
}

function OneUser({ name }: { name: string }) {
  const one = { UserName: name };
  const [open, setOpen] = useState<{ title: string; arn?: string; inline?: string }>();
  const [key, setKey] = useState<{ AccessKeyId: string; SecretAccessKey: string }>();
  const [attach, setAttach] = useState('');
  const user = useLoad(async () => {
    const [attached, inline, keys, groups] = await Promise.all([
      all<Named>('iam', 'ListAttachedUserPolicies', 'AttachedPolicies', one), all<string>('iam', 'ListUserPolicies', 'PolicyNames', one),
      all<{ AccessKeyId: string; Status: string; CreateDate?: Date }>('iam', 'ListAccessKeys', 'AccessKeyMetadata', one), all<{ GroupName: string }>('iam', 'ListGroupsForUser', 'Groups', one),
    ]);
    return { attached, inline, keys, groups };
  }, [name]);
  const policies = useLoad(() => all<Named>('iam', 'ListPolicies', 'Policies'), []);
  return (
    <Page title={name} up={{ href: '#/users', label: 'Users and policies' }} sub="User"
      actions={<Do label="Delete" tone="danger" make={() => call('iam', 'DeleteUser', one)} done={() => go('users')} said="The user is gone." question={<p>Delete the user <b>{name}</b>? Keys and policies have to go first.</p>} />}>
      <Loaded from={user}>
        {(u) => (
          <>
            <Card title="Policies" actions={(
              <>
                <input class="short" aria-label="Policy to attach" placeholder="ARN of a policy" list="policies" value={attach} onInput={(e) => setAttach(e.currentTarget.value)} />
                <datalist id="policies">{(policies.data ?? []).map((p) => <option key={p.Arn} value={p.Arn}>{p.PolicyName}</option>)}</datalist>
                <Do label="Attach" disabled={!attach} make={() => call('iam', 'AttachUserPolicy', { ...one, PolicyArn: attach })} done={user.reload} said="Attached." />
                <button type="button" onClick={() => setOpen({ title: 'console', inline: '' })}>Write one</button>
              </>
            )}>
              <Table label="policies" filter={false} rows={[...u.attached, ...u.inline.map((n): Named => ({ PolicyName: n }))]} empty={<Empty title="No policy: this user may do nothing" />} columns={[
                { name: 'Name', value: (p) => p.PolicyName, cell: (p) => <button type="button" class="link" onClick={() => setOpen({ title: p.PolicyName, arn: p.PolicyArn, inline: p.PolicyArn ? undefined : p.PolicyName })}>{p.PolicyName}</button> },
                { name: 'Kind', value: (p) => (p.PolicyArn ? 'attached' : 'of the user alone') },
                { name: '', value: () => '', cell: (p) => (
                  <div class="row-actions">
                    {p.PolicyArn ? <Do label="Detach" make={() => call('iam', 'DetachUserPolicy', { ...one, PolicyArn: p.PolicyArn })} done={user.reload} said="Detached." />
                      : <Do label="Delete" tone="danger" make={() => call('iam', 'DeleteUserPolicy', { ...one, PolicyName: p.PolicyName })} done={user.reload} said="The policy is gone." question={<p>Delete the policy <b>{p.PolicyName}</b>?</p>} />}
                  </div>
                ) },
              ]} />
              {u.groups.length > 0 && <Facts of={[['Groups', u.groups.map((g) => g.GroupName).join(', ')]]} />}
            </Card>
            <Card title="Access keys" actions={<Do label="New key" make={() => call('iam', 'CreateAccessKey', one)} done={(out) => { setKey((out as { AccessKey: typeof key }).AccessKey); user.reload(); }} />}>
              <Table label="access keys" filter={false} rows={u.keys} empty={<Empty title="No access key: this user cannot sign in" />} columns={[
                { name: 'Key', value: (k) => k.AccessKeyId, cell: (k) => <code>{k.AccessKeyId}</code> },
                { name: 'Status', value: (k) => k.Status, cell: (k) => <Status value={k.Status} /> },
                { name: 'Made', value: (k) => k.CreateDate?.toISOString(), cell: (k) => <Time at={k.CreateDate} /> },
                { name: '', value: () => '', cell: (k) => (
                  <div class="row-actions">
                    <Do label={k.Status === 'Active' ? 'Deactivate' : 'Activate'} done={user.reload} make={() => call('iam', 'UpdateAccessKey', { ...one, AccessKeyId: k.AccessKeyId, Status: k.Status === 'Active' ? 'Inactive' : 'Active' })} />
                    <Do label="Delete" tone="danger" done={user.reload} question={<p>Delete the key <code>{k.AccessKeyId}</code>? What signs with it is refused at once.</p>} make={() => call('iam', 'DeleteAccessKey', { ...one, AccessKeyId: k.AccessKeyId })} />
                  </div>
                ) },
              ]} />
            </Card>
          </>
        )}
      </Loaded>
      {open && <PolicyDialog title={open.title} arn={open.arn} user={open.inline !== undefined ? name : undefined} inline={open.inline} close={() => { setOpen(undefined); user.reload(); }} />}
      {key && (
        <Dialog title="The new key" onClose={() => setKey(undefined)}>
          <p>The secret is shown this once.</p>
          <Facts of={[['Access key ID', <code>{key.AccessKeyId}</code>], ['Secret access key', <code>{key.SecretAccessKey}</code>]]} />
          <div class="form-end"><CopyButton label="Copy the key as a profile" text={() => `[default]\naws_access_key_id = ${key.AccessKeyId}\naws_secret_access_key = ${key.SecretAccessKey}\n`}>Copy as a profile</CopyButton></div>
        </Dialog>
      )}
    </Page>
  );
}
