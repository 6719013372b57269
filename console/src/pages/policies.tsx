// Managed policies: made, changed by new versions, attached, taken back.
import { useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import { go, href } from '../route';
import { Do } from '../ui/act';
import { Card, Empty, Facts, Loaded, Page } from '../ui/basics';
import { Select } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { Time } from '../ui/words';
import type { Named } from './holder';
import { PolicyDialog, starter, versionOf } from './policy';

export function Policies() {
  const [scope, setScope] = useState('All');
  const [making, setMaking] = useState(false);
  const policies = useLoad(() => all<Named & { AttachmentCount?: number }>('iam', 'ListPolicies', 'Policies', { Scope: scope }), [scope]);
  return (
    <Card title="Policies" actions={(
      <>
        <Select label="Show" value={scope} onChange={setScope} options={[['All', 'all'], ['Local', 'this account’s'], ['AWS', 'those that come along']]} />
        <button type="button" class="primary" onClick={() => setMaking(true)}>New policy</button>
      </>
    )}>
      <Loaded from={policies}>
        {(rows) => (
          <Table label="policies" rows={rows} empty={<Empty title="There is no policy here" />} columns={[
            { name: 'Name', value: (p) => p.PolicyName, cell: (p) => <a href={href('users', 'policy', p.Arn ?? '')}>{p.PolicyName}</a> },
            { name: 'ARN', value: (p) => p.Arn, cell: (p) => <code>{p.Arn}</code> },
            { name: 'Attached', figures: true, value: (p) => p.AttachmentCount ?? 0 },
          ]} />
        )}
      </Loaded>
      {making && (
        <PolicyDialog title="New policy" name="" read={starter} close={() => { setMaking(false); policies.reload(); }}
          make={(document, name) => call('iam', 'CreatePolicy', { PolicyName: name, PolicyDocument: document })} />
      )}
    </Card>
  );
}

interface Version {
  VersionId: string;
  IsDefaultVersion?: boolean;
  CreateDate?: Date;
}

interface Policy {
  PolicyName: string;
  DefaultVersionId: string;
  AttachmentCount?: number;
  Description?: string;
  UpdateDate?: Date;
}

export function OnePolicy({ arn }: { arn: string }) {
  const one = { PolicyArn: arn };
  const ours = !arn.includes(':iam::aws:');
  const policy = useLoad(async () => {
    const [{ Policy: of }, versions] = await Promise.all([ask<{ Policy: Policy }>('iam', 'GetPolicy', one), all<Version>('iam', 'ListPolicyVersions', 'Versions', one)]);
    return { of, versions };
  }, [arn]);
  return (
    <Page title={arn.split('/').pop() ?? arn} up={{ href: '#/users/policies', label: 'Policies' }} sub={ours ? 'Managed policy of this account' : 'Managed policy that comes along'}
      actions={ours && <Do label="Delete" tone="danger" make={() => call('iam', 'DeletePolicy', one)} done={() => go('users', 'policies')} said="The policy is gone." question={<p>Delete the policy? It has to be detached, and its older versions have to go first.</p>} />}>
      <Loaded from={policy}>
        {({ of, versions }) => (
          <>
            <Card><Facts of={[['ARN', <code>{arn}</code>], ['Description', of.Description], ['Default version', of.DefaultVersionId], ['Changed', <Time at={of.UpdateDate} />]]} /></Card>
            <Versions arn={arn} ours={ours} rows={versions} changed={policy.reload} />
          </>
        )}
      </Loaded>
      <Entities arn={arn} />
    </Page>
  );
}

// Versions are what the policy said and says; five are kept at most.
function Versions({ arn, ours, rows, changed }: { arn: string; ours: boolean; rows: Version[]; changed: () => void }) {
  const [open, setOpen] = useState<string>(); // a version, '' for a new one
  const close = () => setOpen(undefined);
  const of = (v: Version) => ({ PolicyArn: arn, VersionId: v.VersionId });
  return (
    <Card title="Versions" actions={ours && <button type="button" class="primary" onClick={() => setOpen('')}>New version</button>}>
      <Table label="versions" filter={false} rows={rows} columns={[
        { name: 'Version', value: (v) => v.VersionId, cell: (v) => <button type="button" class="link" onClick={() => setOpen(v.VersionId)}>{v.VersionId}</button> },
        { name: 'Default', value: (v) => (v.IsDefaultVersion ? 'yes' : 'no') },
        { name: 'Made', value: (v) => v.CreateDate?.toISOString(), cell: (v) => <Time at={v.CreateDate} /> },
        { name: '', value: () => '', cell: (v) => ours && !v.IsDefaultVersion && (
          <div class="row-actions">
            <Do label="Make default" make={() => call('iam', 'SetDefaultPolicyVersion', of(v))} done={changed} said={`${v.VersionId} is what the policy says.`} />
            <Do label="Delete" tone="danger" make={() => call('iam', 'DeletePolicyVersion', of(v))} done={changed} said="The version is gone." question={<p>Delete the version <b>{v.VersionId}</b>?</p>} />
          </div>
        ) },
      ]} />
      {open && <PolicyDialog title={open} read={() => versionOf(arn, open)} close={close} />}
      {open === '' && (
        <PolicyDialog title="New version" read={() => versionOf(arn)} close={() => { close(); changed(); }}
          make={(document) => call('iam', 'CreatePolicyVersion', { PolicyArn: arn, PolicyDocument: document, SetAsDefault: true })} />
      )}
    </Card>
  );
}

const kinds = {
  user: { name: 'UserName', attach: 'AttachUserPolicy', detach: 'DetachUserPolicy', list: 'ListUsers', member: 'Users' },
  group: { name: 'GroupName', attach: 'AttachGroupPolicy', detach: 'DetachGroupPolicy', list: 'ListGroups', member: 'Groups' },
  role: { name: 'RoleName', attach: 'AttachRolePolicy', detach: 'DetachRolePolicy', list: 'ListRoles', member: 'Roles' },
};

type Kind = keyof typeof kinds;

interface Entity {
  kind: Kind;
  name: string;
}

// entitiesOf are all that a policy is attached to.
async function entitiesOf(arn: string): Promise<Entity[]> {
  const found = await Promise.all((Object.keys(kinds) as Kind[]).map(async (kind) => {
    const rows = await all<Record<string, string>>('iam', 'ListEntitiesForPolicy', `Policy${kinds[kind].member}`, { PolicyArn: arn, EntityFilter: kinds[kind].member.slice(0, -1), PolicyUsageFilter: 'PermissionsPolicy' });
    return rows.map((r) => ({ kind, name: r[kinds[kind].name] }));
  }));
  return found.flat();
}

function Entities({ arn }: { arn: string }) {
  const [kind, setKind] = useState<Kind>('user');
  const [name, setName] = useState('');
  const held = useLoad(() => entitiesOf(arn), [arn]);
  const there = useLoad(() => all<Record<string, string>>('iam', kinds[kind].list, kinds[kind].member), [kind]);
  const names = (there.data ?? []).map((x) => x[kinds[kind].name]).filter((n) => n && !held.data?.some((e) => e.kind === kind && e.name === n));
  const to = (e: Entity) => ({ [kinds[e.kind].name]: e.name, PolicyArn: arn });
  const where = (e: Entity) => (e.kind === 'role' ? href('users', 'roles') : href('users', e.kind, e.name));
  return (
    <Card title="Attached to" actions={(
      <>
        <select class="short" aria-label="Kind" value={kind} onChange={(e) => { setKind(e.currentTarget.value as Kind); setName(''); }}>
          <option value="user">a user</option><option value="group">a group</option><option value="role">a role</option>
        </select>
        <select class="short" aria-label="Whom to attach it to" value={name} onChange={(e) => setName(e.currentTarget.value)}>
          <option value="">choose…</option>
          {names.map((n) => <option key={n}>{n}</option>)}
        </select>
        <Do label="Attach" disabled={!name} make={() => call('iam', kinds[kind].attach, to({ kind, name }))} done={() => { setName(''); held.reload(); }} said="Attached." />
      </>
    )}>
      <Loaded from={held}>
        {(rows) => (
          <Table label="entities" rows={rows} empty={<Empty title="It is attached to nobody" />} columns={[
            { name: 'Name', value: (e) => e.name, cell: (e) => <a href={where(e)}>{e.name}</a> },
            { name: 'Kind', value: (e) => e.kind },
            { name: '', value: () => '', cell: (e) => <div class="row-actions"><Do label="Detach" make={() => call('iam', kinds[e.kind].detach, to(e))} done={held.reload} said="Detached." /></div> },
          ]} />
        )}
      </Loaded>
    </Card>
  );
}
