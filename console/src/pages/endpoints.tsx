import { useState } from 'preact/hooks';
import { all } from '../api/call';
import type { Connection, Endpoint } from '../api/shown';
import { href, go, type Route } from '../route';
import { Empty, Loaded, Page, Status } from '../ui/basics';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { idOf } from '../ui/words';
import { OneEndpoint } from './endpoint';
import { EndpointForm } from './endpoint-form';

export default function Endpoints({ route }: { route: Route }) {
  return route.path[1] ? <OneEndpoint key={route.path[1]} id={route.path[1]} /> : <List />;
}

// worst is what the tests of an endpoint say: of several instances the one that has most to say.
function worst(of: Connection[]): string {
  for (const status of ['failed', 'testing', 'successful']) {
    if (of.some((c) => c.Status === status)) return status;
  }
  return 'not tested';
}

function List() {
  const [making, setMaking] = useState(false);
  const seen = useLoad(async () => {
    const [endpoints, connections] = await Promise.all([
      all<Endpoint>('dms', 'DescribeEndpoints', 'Endpoints'),
      all<Connection>('dms', 'DescribeConnections', 'Connections'),
    ]);
    return { endpoints, connections };
  }, [], 4000);
  const make = <button type="button" class="primary" onClick={() => setMaking(true)}>New endpoint</button>;
  return (
    <Page title="Endpoints" sub="Databases that tasks move from or to." actions={make}>
      <Loaded from={seen}>
        {({ endpoints, connections }) => {
          const test = (e: Endpoint) => worst(connections.filter((c) => c.EndpointArn === e.EndpointArn));
          return (
            <Table label="endpoints" rows={endpoints} empty={<Empty title="There is no endpoint yet"><p>A migration has two: where rows come from, and where they go. Nothing connects to a database until you test it or start a task.</p>{make}</Empty>}
              columns={[
                { name: 'Name', value: (e) => e.EndpointIdentifier, cell: (e) => <a href={href('endpoints', idOf(e.EndpointArn))}>{e.EndpointIdentifier}</a> },
                { name: 'Type', value: (e) => e.EndpointType?.toLowerCase() },
                { name: 'Engine', value: (e) => e.EngineDisplayName ?? e.EngineName },
                { name: 'Server', value: (e) => (e.ServerName ? `${e.ServerName}${e.Port ? ':' + e.Port : ''}` : '–') },
                { name: 'Database', value: (e) => e.DatabaseName },
                { name: 'Connection', value: test, cell: (e) => <Status value={test(e)} /> },
              ]} />
          );
        }}
      </Loaded>
      {making && <EndpointForm close={() => setMaking(false)} done={(e) => go('endpoints', idOf(e.EndpointArn))} />}
    </Page>
  );
}
