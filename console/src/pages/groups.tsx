import { useState } from 'preact/hooks';
import { all, call } from '../api/call';
import { go, href } from '../route';
import { Do, Form } from '../ui/act';
import { Card, Empty, Loaded, Page } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { Time } from '../ui/words';
import { PoliciesOf } from './holder';

interface Group {
  GroupName: string;
  Arn: string;
  CreateDate?: Date;
}

export function Groups() {
  const [making, setMaking] = useState(false);
  const [name, setName] = useState('');
  const groups = useLoad(() => all<Group>('iam', 'ListGroups', 'Groups'), []);
  const make = <button type="button" class="primary" onClick={() => setMaking(true)}>New group</button>;
  return (
    <Card title="Groups" actions={make}>
      <Loaded from={groups}>
        {(rows) => (
          <Table label="groups" rows={rows} empty={<Empty title="There is no group yet"><p>What many people may do is said once, by the policies of a group that they are in.</p></Empty>} columns={[
            { name: 'Name', value: (g) => g.GroupName, cell: (g) => <a href={href('users', 'group', g.GroupName)}>{g.GroupName}</a> },
            { name: 'ARN', value: (g) => g.Arn, cell: (g) => <code>{g.Arn}</code> },
            { name: 'Made', value: (g) => g.CreateDate?.toISOString(), cell: (g) => <Time at={g.CreateDate} /> },
          ]} />
        )}
      </Loaded>
      {making && (
        <Dialog title="New group" onClose={() => setMaking(false)}>
          <Form label="Create group" cancel={() => setMaking(false)} done={() => go('users', 'group', name)} said="The group is there." make={() => call('iam', 'CreateGroup', { GroupName: name })}>
            <Text label="Name" value={name} onChange={setName} required pattern="[\w+=,.@\-]+" />
          </Form>
        </Dialog>
      )}
    </Card>
  );
}

export function OneGroup({ name }: { name: string }) {
  return (
    <Page title={name} up={{ href: '#/users/groups', label: 'Groups' }} sub="Group"
      actions={<Do label="Delete" tone="danger" make={() => call('iam', 'DeleteGroup', { GroupName: name })} done={() => go('users', 'groups')} said="The group is gone." question={<p>Delete the group <b>{name}</b>? Its members and policies have to go first.</p>} />}>
      <PoliciesOf kind="Group" name={name} />
      <Members group={name} />
    </Page>
  );
}

function Members({ group }: { group: string }) {
  const [add, setAdd] = useState('');
  const members = useLoad(async () => {
    const [inside, users] = await Promise.all([all<{ UserName: string }>('iam', 'GetGroup', 'Users', { GroupName: group }), all<{ UserName: string }>('iam', 'ListUsers', 'Users')]);
    return { inside, outside: users.map((u) => u.UserName).filter((n) => !inside.some((u) => u.UserName === n)) };
  }, [group]);
  const member = (user: string) => ({ GroupName: group, UserName: user });
  return (
    <Card title="Members" actions={(
      <>
        <select class="short" aria-label="User to add" value={add} onChange={(e) => setAdd(e.currentTarget.value)}>
          <option value="">choose a user…</option>
          {members.data?.outside.map((n) => <option key={n}>{n}</option>)}
        </select>
        <Do label="Add" disabled={!add} make={() => call('iam', 'AddUserToGroup', member(add))} done={() => { setAdd(''); members.reload(); }} said="The user is in the group." />
      </>
    )}>
      <Loaded from={members}>
        {({ inside }) => (
          <Table label="members" filter={false} rows={inside} empty={<Empty title="Nobody is in this group" />} columns={[
            { name: 'Name', value: (u) => u.UserName, cell: (u) => <a href={href('users', 'user', u.UserName)}>{u.UserName}</a> },
            { name: '', value: () => '', cell: (u) => <div class="row-actions"><Do label="Remove" make={() => call('iam', 'RemoveUserFromGroup', member(u.UserName))} done={members.reload} said="The user is out of the group." /></div> },
          ]} />
        )}
      </Loaded>
    </Card>
  );
}
