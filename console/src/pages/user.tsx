import { useState } from 'preact/hooks';
import { all, call } from '../api/call';
import { go, href } from '../route';
import { CopyButton, Do } from '../ui/act';
import { Card, Empty, Facts, Loaded, Page, Status } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { Time } from '../ui/words';
import { PoliciesOf } from './holder';

interface Key {
  AccessKeyId: string;
  Status: string;
  CreateDate?: Date;
}

export function OneUser({ name }: { name: string }) {
  return (
    <Page title={name} up={{ href: '#/users', label: 'Users and policies' }} sub="User"
      actions={<Do label="Delete" tone="danger" make={() => call('iam', 'DeleteUser', { UserName: name })} done={() => go('users')} said="The user is gone." question={<p>Delete the user <b>{name}</b>? Keys, groups and policies have to go first.</p>} />}>
      <PoliciesOf kind="User" name={name} />
      <Groups user={name} />
      <Keys user={name} />
    </Page>
  );
}

function Groups({ user }: { user: string }) {
  const [join, setJoin] = useState('');
  const groups = useLoad(async () => {
    const [of, all_] = await Promise.all([all<{ GroupName: string }>('iam', 'ListGroupsForUser', 'Groups', { UserName: user }), all<{ GroupName: string }>('iam', 'ListGroups', 'Groups')]);
    return { of, others: all_.map((g) => g.GroupName).filter((n) => !of.some((g) => g.GroupName === n)) };
  }, [user]);
  const member = (group: string) => ({ GroupName: group, UserName: user });
  return (
    <Card title="Groups" actions={(
      <>
        <select class="short" aria-label="Group to join" value={join} onChange={(e) => setJoin(e.currentTarget.value)}>
          <option value="">choose a group…</option>
          {groups.data?.others.map((n) => <option key={n}>{n}</option>)}
        </select>
        <Do label="Join" disabled={!join} make={() => call('iam', 'AddUserToGroup', member(join))} done={() => { setJoin(''); groups.reload(); }} said="The user is in the group." />
      </>
    )}>
      <Loaded from={groups}>
        {({ of }) => (
          <Table label="groups" filter={false} rows={of} empty={<Empty title="In no group" />} columns={[
            { name: 'Name', value: (g) => g.GroupName, cell: (g) => <a href={href('users', 'group', g.GroupName)}>{g.GroupName}</a> },
            { name: '', value: () => '', cell: (g) => <div class="row-actions"><Do label="Leave" make={() => call('iam', 'RemoveUserFromGroup', member(g.GroupName))} done={groups.reload} said="The user has left the group." /></div> },
          ]} />
        )}
      </Loaded>
    </Card>
  );
}

function Keys({ user }: { user: string }) {
  const one = { UserName: user };
  const [key, setKey] = useState<{ AccessKeyId: string; SecretAccessKey: string }>();
  const keys = useLoad(() => all<Key>('iam', 'ListAccessKeys', 'AccessKeyMetadata', one), [user]);
  return (
    <Card title="Access keys" actions={<Do label="New key" make={() => call('iam', 'CreateAccessKey', one)} done={(out) => { setKey((out as { AccessKey: typeof key }).AccessKey); keys.reload(); }} />}>
      <Loaded from={keys}>
        {(rows) => (
          <Table label="access keys" filter={false} rows={rows} empty={<Empty title="No access key: this user cannot sign in" />} columns={[
            { name: 'Key', value: (k) => k.AccessKeyId, cell: (k) => <code>{k.AccessKeyId}</code> },
            { name: 'Status', value: (k) => k.Status, cell: (k) => <Status value={k.Status} /> },
            { name: 'Made', value: (k) => k.CreateDate?.toISOString(), cell: (k) => <Time at={k.CreateDate} /> },
            { name: '', value: () => '', cell: (k) => (
              <div class="row-actions">
                <Do label={k.Status === 'Active' ? 'Deactivate' : 'Activate'} done={keys.reload} make={() => call('iam', 'UpdateAccessKey', { ...one, AccessKeyId: k.AccessKeyId, Status: k.Status === 'Active' ? 'Inactive' : 'Active' })} />
                <Do label="Delete" tone="danger" done={keys.reload} question={<p>Delete the key <code>{k.AccessKeyId}</code>? What signs with it is refused at once.</p>} make={() => call('iam', 'DeleteAccessKey', { ...one, AccessKeyId: k.AccessKeyId })} />
              </div>
            ) },
          ]} />
        )}
      </Loaded>
      {key && (
        <Dialog title="The new key" onClose={() => setKey(undefined)}>
          <p>The secret is shown this once.</p>
          <Facts of={[['Access key ID', <code>{key.AccessKeyId}</code>], ['Secret access key', <code>{key.SecretAccessKey}</code>]]} />
          <div class="form-end"><CopyButton label="Copy the key as a profile" text={() => `[default]\naws_access_key_id = ${key.AccessKeyId}\naws_secret_access_key = ${key.SecretAccessKey}\n`}>Copy as a profile</CopyButton></div>
        </Dialog>
      )}
    </Card>
  );
}
