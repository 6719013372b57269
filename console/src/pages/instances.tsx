import { useState } from 'preact/hooks';
import { all, call } from '../api/call';
import { fixedRoles } from '../api/roles';
import type { ReplicationInstance, ReplicationSubnetGroup } from '../api/shown';
import { href, type Route } from '../route';
import { Form } from '../ui/act';
import { Empty, Loaded, Page, Status } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Check, Select, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { idOf, Time } from '../ui/words';
import { InstanceActions, OneInstance } from './instance';

export default function Instances({ route }: { route: Route }) {
  return route.path[1] ? <OneInstance key={route.path[1]} id={route.path[1]} /> : <List />;
}

function List() {
  const [making, setMaking] = useState(false);
  const instances = useLoad(() => all<ReplicationInstance>('dms', 'DescribeReplicationInstances', 'ReplicationInstances'), [], 3000);
  const make = <button type="button" class="primary" onClick={() => setMaking(true)}>New instance</button>;
  return (
    <Page title="Replication instances" sub="Processes of this server that move rows, each with the processors and memory of its class." actions={make}>
      <Loaded from={instances}>
        {(rows) => (
          <Table label="instances" dense rows={rows} empty={<Empty title="There is no instance yet"><p>A task runs on an instance. One is enough for many small tasks; give a large migration one of its own.</p>{make}</Empty>}
            columns={[
              { name: 'Name', value: (i) => i.ReplicationInstanceIdentifier, cell: (i) => <a href={href('instances', idOf(i.ReplicationInstanceArn))}>{i.ReplicationInstanceIdentifier}</a> },
              { name: 'Status', value: (i) => i.ReplicationInstanceStatus, cell: (i) => <Status value={i.ReplicationInstanceStatus} /> },
              { name: 'Class', value: (i) => i.ReplicationInstanceClass },
              { name: 'Version', value: (i) => i.EngineVersion },
              { name: 'Zone', value: (i) => i.AvailabilityZone },
              { name: 'Multi-AZ', value: (i) => (i.MultiAZ ? 'yes' : 'no') },
              { name: 'Made', value: (i) => String(i.InstanceCreateTime?.toISOString()), cell: (i) => <Time at={i.InstanceCreateTime} /> },
              { name: '', value: () => '', cell: (i) => <div class="row-actions"><InstanceActions of={i} changed={instances.reload} /></div> },
            ]} />
        )}
      </Loaded>
      {making && <NewInstance close={() => setMaking(false)} made={() => { setMaking(false); instances.reload(); }} />}
    </Page>
  );
}

function NewInstance({ close, made }: { close: () => void; made: () => void }) {
  const classes = useLoad(async () => {
    const found = await all<{ ReplicationInstanceClass: string }>('dms', 'DescribeOrderableReplicationInstances', 'OrderableReplicationInstances');
    return [...new Set(found.map((o) => o.ReplicationInstanceClass))];
  }, []);
  const groups = useLoad(() => all<ReplicationSubnetGroup>('dms', 'DescribeReplicationSubnetGroups', 'ReplicationSubnetGroups'), []);
  const [name, setName] = useState('');
  const [size, setSize] = useState('dms.t3.medium');
  const [group, setGroup] = useState('');
  const [multi, setMulti] = useState(false);
  return (
    <Dialog title="New replication instance" onClose={close}>
      <Form label="Create instance" cancel={close} done={made} said="The instance is being made." before={fixedRoles}
        make={() => call('dms', 'CreateReplicationInstance', {
          ReplicationInstanceIdentifier: name, ReplicationInstanceClass: size, MultiAZ: multi, ReplicationSubnetGroupIdentifier: group || undefined,
        })}>
        <Text label="Name" value={name} onChange={setName} required pattern="[A-Za-z][A-Za-z0-9\-]*" hint="Letters, digits and hyphens" />
        <Select label="Class" value={size} onChange={setSize} options={classes.data?.length ? classes.data : [size]} hint="How many processors and how much memory its process may use; no more than the machine has." />
        <Select label="Subnet group" value={group} onChange={setGroup} none="the default one" options={(groups.data ?? []).map((g) => g.ReplicationSubnetGroupIdentifier as string)} />
        <Check label="Multi-AZ" value={multi} onChange={setMulti} hint="A standby in a second zone" />
      </Form>
    </Dialog>
  );
}
