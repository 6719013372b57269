// Would a call be allowed, and by which statement? Our own ExplainAccess tells it step by step.
import { useState } from 'preact/hooks';
import { all, call } from '../api/call';
import { session } from '../session';
import { Form } from '../ui/act';
import { Card, Facts, Status } from '../ui/basics';
import { Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';

interface Step {
  PolicyType?: string;
  Policy?: string;
  Statement?: number;
  Sid?: string;
  Effect?: string;
  Matched?: boolean;
  Reason?: string;
}

interface Explained {
  PrincipalArn?: string;
  Allowed?: boolean;
  Decision?: string;
  Message?: string;
  Steps?: Step[];
  Keys?: Record<string, string[]>;
  Notes?: string[];
}

const actions = ['dms:StartReplicationTask', 'dms:StopReplicationTask', 'dms:CreateReplicationTask', 'dms:DescribeReplicationTasks', 'dms:CreateEndpoint', 'dms:TestConnection', 'whimbrel:CutOverReplicationTask', 'kms:Decrypt', 'iam:CreateUser'];

export function Simulator() {
  const people = useLoad(async () => {
    const [users, roles] = await Promise.all([all<{ Arn: string }>('iam', 'ListUsers', 'Users'), all<{ Arn: string }>('iam', 'ListRoles', 'Roles')]);
    return [...users, ...roles].map((x) => x.Arn);
  }, []);
  const [who, setWho] = useState(session()?.identity.arn ?? '');
  const [action, setAction] = useState('dms:StartReplicationTask');
  const [resource, setResource] = useState('');
  const [ip, setIP] = useState('');
  const [result, setResult] = useState<Explained>();
  return (
    <>
      <Card title="Would this be allowed?">
        <Form label="Simulate" done={(out: Explained) => setResult(out)} make={() => call('whimbrel', 'ExplainAccess', { PrincipalArn: who, Action: action, Resource: resource || undefined, SourceIp: ip || undefined })}>
          <div class="grid roomy">
            <Text label="Who" value={who} onChange={setWho} required list={people.data ?? []} hint="A user or a role, by ARN" />
            <Text label="Action" value={action} onChange={setAction} required list={actions} pattern="[a-zA-Z0-9\-]+:[a-zA-Z0-9]+" />
            <Text label="Resource" value={resource} onChange={setResource} placeholder="any" hint="An ARN; its tags and its own policy are taken into account" />
            <Text label="From the address" value={ip} onChange={setIP} placeholder="this one" />
          </div>
        </Form>
      </Card>
      {result && (
        <Card title="Because">
          <div aria-live="polite">
            <p><Status value={result.Allowed ? 'allowed' : result.Decision === 'explicitly denied' ? 'denied explicitly' : 'denied: nothing allows it'} /></p>
            {result.Message && <p>{result.Message}</p>}
            {result.Notes?.map((n) => <p key={n} class="hint">{n}</p>)}
          </div>
          <Table label="statements" filter={false} rows={result.Steps ?? []} columns={[
            { name: 'Policy', value: (s) => s.Policy },
            { name: 'Kind', value: (s) => s.PolicyType },
            { name: 'Statement', value: (s) => s.Sid ?? s.Statement },
            { name: 'Effect', value: (s) => s.Effect },
            { name: 'Matches', value: (s) => (s.Matched ? 'yes' : 'no') },
            { name: 'Why not', value: (s) => s.Reason },
          ]} />
          <details class="more"><summary>Condition keys</summary><Facts of={Object.entries(result.Keys ?? {}).map(([k, v]) => [k, v.join(', ')])} /></details>
        </Card>
      )}
    </>
  );
}
