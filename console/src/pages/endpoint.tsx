// One endpoint: what it is, and whether it can be reached.
import { useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import type { Connection, Endpoint, ReplicationInstance } from '../api/shown';
import { go } from '../route';
import { account, partition, region } from '../session';
import { Do } from '../ui/act';
import { Card, Empty, Facts, Loaded, Page, Status } from '../ui/basics';
import { Select } from '../ui/field';
import { useLoad } from '../ui/load';
import { EndpointForm } from './endpoint-form';
import { settingsOf, valuesOf } from './endpoint-values';

export function OneEndpoint({ id }: { id: string }) {
  const arn = `arn:${partition()}:dms:${region}:${account()}:endpoint:${id}`;
  const [changing, setChanging] = useState(false);
  const seen = useLoad(async () => {
    const filter = [{ Name: 'endpoint-arn', Values: [arn] }];
    const [endpoints, connections] = await Promise.all([
      all<Endpoint>('dms', 'DescribeEndpoints', 'Endpoints', { Filters: filter }),
      ask<{ Connections: Connection[] }>('dms', 'DescribeConnections', { Filters: filter }).then((o) => o.Connections ?? [], () => []),
    ]);
    return { endpoint: endpoints[0], connections };
  }, [arn], 1500);
  const endpoint = seen.data?.endpoint;
  return (
    <Page title={endpoint?.EndpointIdentifier ?? 'Endpoint'} up={{ href: '#/endpoints', label: 'Endpoints' }} sub={endpoint && `${endpoint.EngineDisplayName ?? endpoint.EngineName}, ${endpoint.EndpointType?.toLowerCase()}`}
      actions={endpoint && (
        <>
          <button type="button" onClick={() => setChanging(true)}>Change</button>
          <Do label="Delete" tone="danger" make={() => call('dms', 'DeleteEndpoint', { EndpointArn: arn })} done={() => go('endpoints')} said="The endpoint is gone."
            question={<p>Delete the endpoint <b>{endpoint.EndpointIdentifier}</b>? The database itself is not touched. One that a task uses is not deleted.</p>} />
        </>
      )}>
      <Loaded from={seen}>{({ endpoint: e, connections }) => (e ? <Shown endpoint={e} connections={connections} changed={seen.reload} /> : <p>There is no endpoint {arn}.</p>)}</Loaded>
      {changing && endpoint && <EndpointForm of={endpoint} close={() => setChanging(false)} done={() => { setChanging(false); seen.reload(); }} />}
    </Page>
  );
}

function Shown({ endpoint: e, connections, changed }: { endpoint: Endpoint; connections: Connection[]; changed: () => void }) {
  const settings = settingsOf(e);
  const { secret, secretRole } = valuesOf(e);
  return (
    <>
      <Test endpoint={e} connections={connections} changed={changed} />
      <Card title="What it is">
        <Facts of={[['Server', e.ServerName && `${e.ServerName}:${e.Port}`], ['Database', e.DatabaseName], ['User', e.Username], ['Secret', secret], ['Role that reads the secret', secretRole], ['TLS', e.SslMode], ['Key', e.KmsKeyId],
          ['Attributes', e.ExtraConnectionAttributes], ['ARN', <code>{e.EndpointArn}</code>]]} />
      </Card>
      {settings.length > 0 && <Card title="Settings"><Facts of={settings.map(([name, value]) => [name, String(value)])} /></Card>}
    </>
  );
}

export function Test({ endpoint, connections, changed, instance: only }: { endpoint: Endpoint; connections: Connection[]; changed: () => void; instance?: string }) {
  const instances = useLoad(() => all<ReplicationInstance>('dms', 'DescribeReplicationInstances', 'ReplicationInstances'), []);
  const [chosen, choose] = useState('');
  const instance = only || chosen || instances.data?.[0]?.ReplicationInstanceArn || '';
  const name = (arn?: string) => instances.data?.find((i) => i.ReplicationInstanceArn === arn)?.ReplicationInstanceIdentifier ?? arn;
  return (
    <Card title="Connection">
      {instances.data?.length === 0 ? <Empty title="No instance to test from"><p>A connection is tried from a replication instance. <a href="#/instances">Make one</a> first.</p></Empty> : (
        <div class="line">
          {!only && <Select label="From the instance" value={instance} onChange={choose} options={(instances.data ?? []).map((i) => [i.ReplicationInstanceArn as string, i.ReplicationInstanceIdentifier as string])} />}
          <Do label="Test connection" tone="primary" disabled={!instance} done={changed} make={() => call('dms', 'TestConnection', { ReplicationInstanceArn: instance, EndpointArn: endpoint.EndpointArn })} />
        </div>
      )}
      <ul class="plain tests" aria-live="polite">
        {connections.map((c) => (
          <li key={c.ReplicationInstanceArn}>
            <Status value={c.Status} /> from {name(c.ReplicationInstanceArn)}
            {c.Status === 'successful' && <p class="hint">The database answered, and the user may log in.</p>}
            {c.Status === 'testing' && <p class="hint">Asking the database…</p>}
            {c.LastFailureMessage && c.Status !== 'testing' && <p class="reason">{c.LastFailureMessage}</p>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
