import { useState } from 'preact/hooks';
import { all, call } from '../api/call';
import { go, href, type Route } from '../route';
import { Form } from '../ui/act';
import { Card, Empty, Loaded, Page, Panel, Tabs } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { Time } from '../ui/words';
import { Groups, OneGroup } from './groups';
import { OnePolicy, Policies } from './policies';
import { Simulator } from './simulator';
import { OneUser } from './user';

interface User {
  UserName: string;
  Arn: string;
  CreateDate?: Date;
}

export default function Users({ route }: { route: Route }) {
  const at = route.path[1] ?? 'people';
  const one = route.path[2];
  if (at === 'user') return <OneUser key={one} name={one} />;
  if (at === 'group') return <OneGroup key={one} name={one} />;
  if (at === 'policy') return <OnePolicy key={one} arn={one} />;
  return (
    <Page title="Users and policies" sub="Who may do what, in IAM's language.">
      <Tabs at={at} onChange={(to) => go('users', to)} tabs={[{ id: 'people', label: 'Users' }, { id: 'groups', label: 'Groups' }, { id: 'roles', label: 'Roles' }, { id: 'policies', label: 'Policies' }, { id: 'simulator', label: 'Simulator' }]} />
      <Panel at={at}>
        {at === 'people' && <People />}
        {at === 'groups' && <Groups />}
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
