// One replication instance: what it is, what waits for its window, and how it is changed.
import { useState } from 'preact/hooks';
import { all, ask, call, type Input } from '../api/call';
import type { ReplicationInstance, ReplicationTask } from '../api/shown';
import { go, href } from '../route';
import { Do, Form } from '../ui/act';
import { Card, Empty, Facts, Loaded, Page, Status } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Check, Select, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { idOf, Time } from '../ui/words';

const answered = (yes?: boolean) => (yes ? 'yes' : 'no');

export function OneInstance({ id }: { id: string }) {
  const [changing, change] = useState(false);
  const seen = useLoad(async () => (await all<ReplicationInstance>('dms', 'DescribeReplicationInstances', 'ReplicationInstances')).find((i) => idOf(i.ReplicationInstanceArn) === id), [id], 3000);
  const of = seen.data;
  return (
    <Page title={of?.ReplicationInstanceIdentifier ?? 'Instance'} up={{ href: '#/instances', label: 'Replication instances' }} sub={of && <Status value={of.ReplicationInstanceStatus} />}
      actions={of && (
        <>
          <button type="button" class="primary" disabled={of.ReplicationInstanceStatus !== 'available'} onClick={() => change(true)}>Change</button>
          <InstanceActions of={of} changed={seen.reload} />
        </>
      )}>
      <Loaded from={seen}>
        {(i) => (i ? (
          <>
            <Pending of={i} changed={seen.reload} />
            <Card>
              <Facts of={[
                ['Class', i.ReplicationInstanceClass], ['Storage', i.AllocatedStorage && `${i.AllocatedStorage} GB`], ['Version', i.EngineVersion], ['Multi-AZ', answered(i.MultiAZ)], ['Zone', i.AvailabilityZone], ['Standby in', i.SecondaryAvailabilityZone],
                ['Maintenance window', i.PreferredMaintenanceWindow && `${i.PreferredMaintenanceWindow} UTC`], ['Minor versions by themselves', answered(i.AutoMinorVersionUpgrade)], ['Subnet group', i.ReplicationSubnetGroup?.ReplicationSubnetGroupIdentifier],
                ['Security groups', i.VpcSecurityGroups?.map((g) => g.VpcSecurityGroupId).join(', ')], ['Addresses', i.ReplicationInstancePrivateIpAddresses?.join(', ')], ['Made', <Time at={i.InstanceCreateTime} />], ['ARN', <code>{i.ReplicationInstanceArn}</code>],
              ]} />
            </Card>
            <Tasks arn={i.ReplicationInstanceArn} />
            {changing && <Change of={i} close={() => change(false)} done={() => { change(false); seen.reload(); }} />}
          </>
        ) : <Empty title="There is no such instance" />)}
      </Loaded>
    </Page>
  );
}

export function InstanceActions({ of, changed }: { of: ReplicationInstance; changed: () => void }) {
  const arn = of.ReplicationInstanceArn;
  const ready = of.ReplicationInstanceStatus === 'available';
  return (
    <>
      <Do label="Reboot" disabled={!ready} why="It is not available now" make={() => call('dms', 'RebootReplicationInstance', { ReplicationInstanceArn: arn })} done={changed} said="The instance is starting anew."
        question={<p>The process of <b>{of.ReplicationInstanceIdentifier}</b> ends and is started again. Its tasks go on where they were.</p>} />
      <Do label="Delete" tone="danger" make={() => call('dms', 'DeleteReplicationInstance', { ReplicationInstanceArn: arn })} done={() => { changed(); go('instances'); }} said="The instance is being deleted."
        question={<p>Delete the instance <b>{of.ReplicationInstanceIdentifier}</b>? One that has tasks is not deleted.</p>} />
    </>
  );
}

// Pending is what has been asked for and waits for the window.
function Pending({ of: i, changed }: { of: ReplicationInstance; changed: () => void }) {
  const p = i.PendingModifiedValues ?? {};
  const waits = [
    p.ReplicationInstanceClass && `class ${p.ReplicationInstanceClass}`, p.AllocatedStorage && `storage ${p.AllocatedStorage} GB`, p.EngineVersion && `version ${p.EngineVersion}`, p.MultiAZ !== undefined && p.MultiAZ !== null && `Multi-AZ ${answered(p.MultiAZ)}`,
  ].filter(Boolean);
  if (!waits.length) return null;
  return (
    <div class="trouble warning" role="status">
      <strong>Waits for the maintenance window</strong>
      <p>{waits.join(', ')}, between {i.PreferredMaintenanceWindow} UTC.</p>
      <Do label="Now" make={() => call('dms', 'ModifyReplicationInstance', { ReplicationInstanceArn: i.ReplicationInstanceArn, ApplyImmediately: true })} done={changed} said="The instance is being changed."
        question={<p>Change <b>{i.ReplicationInstanceIdentifier}</b> now? Its process ends and is started again; its tasks go on where they were.</p>} />
    </div>
  );
}

function Tasks({ arn }: { arn?: string }) {
  const tasks = useLoad(() => all<ReplicationTask>('dms', 'DescribeReplicationTasks', 'ReplicationTasks', { Filters: [{ Name: 'replication-instance-arn', Values: [arn] }], WithoutSettings: true }), [arn], 5000);
  return (
    <Card title="Tasks on it">
      <Loaded from={tasks}>
        {(rows) => (
          <Table label="tasks" rows={rows} empty={<Empty title="No task runs here" />} columns={[
            { name: 'Name', value: (t) => t.ReplicationTaskIdentifier, cell: (t) => <a href={href('tasks', idOf(t.ReplicationTaskArn))}>{t.ReplicationTaskIdentifier}</a> },
            { name: 'Status', value: (t) => t.Status, cell: (t) => <Status value={t.Status} /> },
          ]} />
        )}
      </Loaded>
    </Card>
  );
}

// differing are the members whose values are not what they were.
const differing = (before: Input, after: Input) => Object.fromEntries(Object.entries(after).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(before[k])));

function Change({ of, close, done }: { of: ReplicationInstance; close: () => void; done: () => void }) {
  const orderable = useLoad(() => all<{ ReplicationInstanceClass: string; EngineVersion: string }>('dms', 'DescribeOrderableReplicationInstances', 'OrderableReplicationInstances'), []);
  const groups = useLoad(() => ask<{ securityGroupInfo: { groupId: string; groupName: string; vpcId: string }[] }>('ec2', 'DescribeSecurityGroups'), []);
  const p = of.PendingModifiedValues ?? {};
  // What waits already is what is wanted; to ask for what is takes it back.
  const [before] = useState<Input>(() => ({
    ReplicationInstanceIdentifier: of.ReplicationInstanceIdentifier, ReplicationInstanceClass: p.ReplicationInstanceClass ?? of.ReplicationInstanceClass, AllocatedStorage: p.AllocatedStorage ?? of.AllocatedStorage,
    EngineVersion: p.EngineVersion ?? of.EngineVersion, MultiAZ: p.MultiAZ ?? of.MultiAZ, PreferredMaintenanceWindow: of.PreferredMaintenanceWindow, AutoMinorVersionUpgrade: of.AutoMinorVersionUpgrade,
    VpcSecurityGroupIds: of.VpcSecurityGroups?.map((g) => g.VpcSecurityGroupId),
  }));
  const [v, set] = useState(before);
  const [now, setNow] = useState(false);
  const put = (part: Input) => set((old) => ({ ...old, ...part }));
  const offered = (member: 'ReplicationInstanceClass' | 'EngineVersion') => [...new Set([...(orderable.data ?? []).map((o) => o[member]), String(before[member])])].sort();
  const chosen = v.VpcSecurityGroupIds as string[];
  const all_ = (groups.data?.securityGroupInfo || []).filter((g) => g.vpcId === of.ReplicationSubnetGroup?.VpcId);
  return (
    <Dialog title={`Change ${of.ReplicationInstanceIdentifier}`} onClose={close}>
      <Form label="Save" cancel={close} done={done} said={now ? 'The instance is being changed.' : 'Saved.'}
        make={() => call('dms', 'ModifyReplicationInstance', { ReplicationInstanceArn: of.ReplicationInstanceArn, ...differing(before, v), ApplyImmediately: now })}>
        <Text label="Name" value={String(v.ReplicationInstanceIdentifier)} onChange={(x) => put({ ReplicationInstanceIdentifier: x })} required pattern="[A-Za-z][A-Za-z0-9\-]*" />
        <Select label="Class" value={String(v.ReplicationInstanceClass)} onChange={(x) => put({ ReplicationInstanceClass: x })} options={offered('ReplicationInstanceClass')} />
        <Select label="Version" value={String(v.EngineVersion)} onChange={(x) => put({ EngineVersion: x })} options={offered('EngineVersion')} />
        <Text label="Storage (GB)" type="number" min={of.AllocatedStorage} max={6144} value={String(v.AllocatedStorage)} onChange={(x) => put({ AllocatedStorage: Number(x) })} required hint="It can grow alone" />
        <Check label="Multi-AZ" value={!!v.MultiAZ} onChange={(x) => put({ MultiAZ: x })} hint="A standby in a second zone" />
        <Select label="These four are changed" value={now ? 'now' : 'window'} onChange={(x) => setNow(x === 'now')} options={[['window', `in the window, ${of.PreferredMaintenanceWindow} UTC`], ['now', 'now: its process ends and is started again']]} />
        <Text label="Maintenance window" value={String(v.PreferredMaintenanceWindow)} onChange={(x) => put({ PreferredMaintenanceWindow: x })} required hint="ddd:hh:mm-ddd:hh:mm in UTC" />
        <Check label="Minor versions by themselves" value={!!v.AutoMinorVersionUpgrade} onChange={(x) => put({ AutoMinorVersionUpgrade: x })} hint="In the window" />
        {all_.length > 0 && (
          <fieldset>
            <legend>Security groups</legend>
            {all_.map((g) => <Check key={g.groupId} label={g.groupName} hint={g.groupId} value={chosen.includes(g.groupId)} onChange={(on) => put({ VpcSecurityGroupIds: on ? [...chosen, g.groupId] : chosen.filter((x) => x !== g.groupId) })} />)}
          </fieldset>
        )}
      </Form>
    </Dialog>
  );
}
