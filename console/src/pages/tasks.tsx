import { all } from '../api/call';
import type { ReplicationTask } from '../api/shown';
import { href, type Route } from '../route';
import { Empty, Loaded, Meter, Page, Status } from '../ui/basics';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { idOf, Time } from '../ui/words';
import { OneTask } from './task';

export default function Tasks({ route }: { route: Route }) {
  return route.path[1] ? <OneTask key={route.path[1]} id={route.path[1]} tab={route.path[2] ?? 'tables'} /> : <List />;
}

function List() {
  const tasks = useLoad(() => all<ReplicationTask>('dms', 'DescribeReplicationTasks', 'ReplicationTasks', { WithoutSettings: true }), [], 3000);
  const make = <a class="button primary" href="#/new-task">New task</a>;
  return (
    <Page title="Tasks" sub="What moves, from where to where." actions={make}>
      <Loaded from={tasks}>
        {(rows) => (
          <Table label="tasks" rows={rows} empty={<Empty title="There is no task yet"><p>A task loads tables from a source into a target, and can then follow every change until you cut over.</p>{make}</Empty>}
            columns={[
              { name: 'Name', value: (t) => t.ReplicationTaskIdentifier, cell: (t) => <a href={href('tasks', idOf(t.ReplicationTaskArn))}>{t.ReplicationTaskIdentifier}</a> },
              { name: 'Status', value: (t) => t.Status, cell: (t) => <Status value={t.Status} /> },
              { name: 'Type', value: (t) => t.MigrationType },
              { name: 'Full load', figures: true, value: (t) => t.ReplicationTaskStats?.FullLoadProgressPercent ?? 0, cell: (t) => <><Meter percent={t.ReplicationTaskStats?.FullLoadProgressPercent ?? 0} label="full load" /> {t.ReplicationTaskStats?.FullLoadProgressPercent ?? 0} %</> },
              { name: 'Tables', figures: true, value: (t) => t.ReplicationTaskStats?.TablesLoaded ?? 0 },
              { name: 'Errors', figures: true, value: (t) => t.ReplicationTaskStats?.TablesErrored ?? 0 },
              { name: 'Made', value: (t) => t.ReplicationTaskCreationDate?.toISOString(), cell: (t) => <Time at={t.ReplicationTaskCreationDate} /> },
            ]} />
        )}
      </Loaded>
    </Page>
  );
}
