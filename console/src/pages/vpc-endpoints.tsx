import { useState } from 'preact/hooks';
import { ask, call } from '../api/call';
import { region } from '../session';
import { Do, Form } from '../ui/act';
import { Empty, Loaded, Page, Status } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Area, Check, Select } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { Time } from '../ui/words';

interface VpcEndpoint {
  vpcEndpointId: string;
  serviceName: string;
  state: string;
  vpcId: string;
  policyDocument?: string;
  creationTimestamp?: string;
  dnsEntrySet?: { dnsName: string }[];
}

// list takes what is a list in EC2's form, also when it is empty.
const list = <T,>(x: T[] | string | undefined): T[] => (Array.isArray(x) ? x : []);

export default function VpcEndpoints() {
  const [making, setMaking] = useState(false);
  const [open, setOpen] = useState<VpcEndpoint>();
  const endpoints = useLoad(async () => list((await ask<{ vpcEndpointSet: VpcEndpoint[] }>('ec2', 'DescribeVpcEndpoints')).vpcEndpointSet), [], 8000);
  const make = <button type="button" class="primary" onClick={() => setMaking(true)}>New VPC endpoint</button>;
  return (
    <Page title="VPC endpoints" sub="Doors to this server's services, each with a policy and security groups of its own." actions={make}>
      <Loaded from={endpoints}>
        {(rows) => (
          <Table label="VPC endpoints" dense rows={rows} empty={<Empty title="There is no VPC endpoint yet"><p>Calls that come through one are bound by its policy besides the caller's own, and policies can ask which one a call came through.</p>{make}</Empty>}
            columns={[
              { name: 'Endpoint', value: (e) => e.vpcEndpointId, cell: (e) => <code>{e.vpcEndpointId}</code> },
              { name: 'Service', value: (e) => e.serviceName.split('.').pop() },
              { name: 'State', value: (e) => e.state, cell: (e) => <Status value={e.state} /> },
              { name: 'VPC', value: (e) => e.vpcId },
              { name: 'Name', value: (e) => list(e.dnsEntrySet)[0]?.dnsName, cell: (e) => <code>{list(e.dnsEntrySet)[0]?.dnsName}</code> },
              { name: 'Made', value: (e) => e.creationTimestamp, cell: (e) => <Time at={e.creationTimestamp} /> },
              { name: '', value: () => '', cell: (e) => (
                <div class="row-actions">
                  <button type="button" onClick={() => setOpen(e)}>Policy</button>
                  <Do label="Delete" tone="danger" done={endpoints.reload} said="The endpoint is going." question={<p>Delete <b>{e.vpcEndpointId}</b>? Calls by its names are no longer answered as its own.</p>} make={() => call('ec2', 'DeleteVpcEndpoints', { VpcEndpointIds: [e.vpcEndpointId] })} />
                </div>
              ) },
            ]} />
        )}
      </Loaded>
      {making && <NewEndpoint close={() => setMaking(false)} made={() => { setMaking(false); endpoints.reload(); }} />}
      {open && <Policy of={open} close={() => setOpen(undefined)} saved={() => { setOpen(undefined); endpoints.reload(); }} />}
    </Page>
  );
}

function NewEndpoint({ close, made }: { close: () => void; made: () => void }) {
  const there = useLoad(async () => {
    const [vpcs, subnets] = await Promise.all([ask<{ vpcSet: { vpcId: string; cidrBlock: string }[] }>('ec2', 'DescribeVpcs'), ask<{ subnetSet: { subnetId: string; vpcId: string; availabilityZone: string }[] }>('ec2', 'DescribeSubnets')]);
    return { vpcs: list(vpcs.vpcSet), subnets: list(subnets.subnetSet) };
  }, []);
  const [service, setService] = useState('dms');
  const [chosenVpc, setVpc] = useState('');
  const [dns, setDns] = useState(false);
  const vpc = chosenVpc || there.data?.vpcs[0]?.vpcId || '';
  return (
    <Dialog title="New VPC endpoint" onClose={close}>
      <Form label="Create endpoint" cancel={close} done={made} said="The endpoint is there."
        make={() => call('ec2', 'CreateVpcEndpoint', { VpcEndpointType: 'Interface', ServiceName: `com.amazonaws.${region}.${service}`, VpcId: vpc, PrivateDnsEnabled: dns })}>
        <Select label="To the service" value={service} onChange={setService} options={['dms', 'sts', 'kms', 'ec2', 'secretsmanager', 'cloudtrail', 'logs', 'monitoring', 'whimbrel']} />
        <Select label="In the VPC" required value={vpc} onChange={setVpc} options={(there.data?.vpcs ?? []).map((v) => [v.vpcId, `${v.vpcId} (${v.cidrBlock})`])} />
        <Check label="Answer to the service's own name as well" value={dns} onChange={setDns} />
      </Form>
    </Dialog>
  );
}

function Policy({ of: e, close, saved }: { of: VpcEndpoint; close: () => void; saved: () => void }) {
  const [text, setText] = useState(() => {
    try {
      return JSON.stringify(JSON.parse(e.policyDocument ?? '{}'), null, 2);
    } catch {
      return e.policyDocument ?? '';
    }
  });
  return (
    <Dialog title={`Policy of ${e.vpcEndpointId}`} onClose={close} wide>
      <Form label="Save policy" cancel={close} done={saved} said="Saved." make={() => call('ec2', 'ModifyVpcEndpoint', { VpcEndpointId: e.vpcEndpointId, PolicyDocument: text })}>
        <Area label="Document" code rows={14} value={text} onChange={setText} required />
      </Form>
    </Dialog>
  );
}
