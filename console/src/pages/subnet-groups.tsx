import { useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import { fixedRoles } from '../api/roles';
import type { ReplicationSubnetGroup } from '../api/shown';
import { Do, Form } from '../ui/act';
import { Empty, Loaded, Page, Status } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Check, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';

interface Subnet {
  subnetId: string;
  availabilityZone: string;
  cidrBlock: string;
  vpcId: string;
}

// orderOf is what subnets are listed by.
const orderOf = (s: Subnet) => `${s.vpcId} ${s.availabilityZone} ${s.cidrBlock}`;

export default function SubnetGroups() {
  const [making, setMaking] = useState(false);
  const groups = useLoad(() => all<ReplicationSubnetGroup>('dms', 'DescribeReplicationSubnetGroups', 'ReplicationSubnetGroups'), [], 8000);
  const make = <button type="button" class="primary" onClick={() => setMaking(true)}>New subnet group</button>;
  return (
    <Page title="Subnet groups" sub="Where replication instances stand in the inventory of networks." actions={make}>
      <Loaded from={groups}>
        {(rows) => (
          <Table label="subnet groups" rows={rows} empty={<Empty title="There is no subnet group yet"><p>The group “default” is made when an instance first needs it. Make one of your own to place instances in a VPC of yours.</p>{make}</Empty>}
            columns={[
              { name: 'Name', value: (g) => g.ReplicationSubnetGroupIdentifier },
              { name: 'Description', value: (g) => g.ReplicationSubnetGroupDescription },
              { name: 'Status', value: (g) => g.SubnetGroupStatus, cell: (g) => <Status value={g.SubnetGroupStatus} /> },
              { name: 'VPC', value: (g) => g.VpcId },
              { name: 'Zones', value: (g) => [...new Set(g.Subnets?.map((s) => s.SubnetAvailabilityZone?.Name))].sort().join(', ') },
              { name: '', value: () => '', cell: (g) => <div class="row-actions"><Do label="Delete" tone="danger" done={groups.reload} said="The group is gone." question={<p>Delete the subnet group <b>{g.ReplicationSubnetGroupIdentifier}</b>?</p>} make={() => call('dms', 'DeleteReplicationSubnetGroup', { ReplicationSubnetGroupIdentifier: g.ReplicationSubnetGroupIdentifier })} /></div> },
            ]} />
        )}
      </Loaded>
      {making && <NewGroup close={() => setMaking(false)} made={() => { setMaking(false); groups.reload(); }} />}
    </Page>
  );
}

function NewGroup({ close, made }: { close: () => void; made: () => void }) {
  const subnets = useLoad(() => ask<{ subnetSet: Subnet[] }>('ec2', 'DescribeSubnets'), []);
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  const [chosen, choose] = useState<string[]>([]);
  return (
    <Dialog title="New subnet group" onClose={close}>
      <Form label="Create subnet group" cancel={close} done={made} before={fixedRoles} said="The group is there."
        make={() => call('dms', 'CreateReplicationSubnetGroup', { ReplicationSubnetGroupIdentifier: name, ReplicationSubnetGroupDescription: text, SubnetIds: chosen })}>
        <Text label="Name" value={name} onChange={setName} required />
        <Text label="Description" value={text} onChange={setText} required />
        <fieldset>
          <legend>Subnets of one VPC, in two zones or more</legend>
          <Loaded from={subnets}>
            {(s) => [...(s.subnetSet ?? [])].sort((a, b) => orderOf(a).localeCompare(orderOf(b))).map((n) => <Check key={n.subnetId} label={`${n.cidrBlock} in ${n.availabilityZone}`} hint={`${n.subnetId}, ${n.vpcId}`} value={chosen.includes(n.subnetId)} onChange={(on) => choose(on ? [...chosen, n.subnetId] : chosen.filter((x) => x !== n.subnetId))} />)}
          </Loaded>
        </fieldset>
      </Form>
    </Dialog>
  );
}
