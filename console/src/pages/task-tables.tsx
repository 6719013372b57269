import { all, call } from '../api/call';
import type { ReplicationTask, TableStatistics } from '../api/shown';
import { Do } from '../ui/act';
import { Empty, Loaded, Status } from '../ui/basics';
import { useLoad } from '../ui/load';
import { Table, type Column } from '../ui/table';
import { number, Time } from '../ui/words';

const count = (name: string, value: (t: TableStatistics) => number | undefined): Column<TableStatistics> => ({ name, figures: true, value: (t) => value(t) ?? 0, cell: (t) => number(value(t) ?? 0) });

// Tables are the statistics of a task, table by table.
export function Tables({ task }: { task: ReplicationTask }) {
  const arn = task.ReplicationTaskArn;
  const running = task.Status === 'running';
  const stats = useLoad(() => all<TableStatistics>('dms', 'DescribeTableStatistics', 'TableStatistics', { ReplicationTaskArn: arn, MaxRecords: 500 }, 10_000), [arn], running ? 2500 : 8000);
  const columns: Column<TableStatistics>[] = [
    { name: 'Table', value: (t) => `${t.SchemaName}.${t.TableName}`, cell: (t) => <>{t.SchemaName}.<b>{t.TableName}</b></> },
    { name: 'State', value: (t) => t.TableState, cell: (t) => <Status value={t.TableState} /> },
    count('Loaded', (t) => t.FullLoadRows),
    count('Inserts', (t) => t.Inserts),
    count('Updates', (t) => t.Updates),
    count('Deletes', (t) => t.Deletes),
    count('DDL', (t) => t.Ddls),
    count('Errors', (t) => (t.FullLoadErrorRows ?? 0)),
    { name: 'Validation', value: (t) => t.ValidationState, cell: (t) => <span title={t.ValidationStateDetails}><Status value={t.ValidationState} />{(t.ValidationFailedRecords ?? 0) > 0 && ` ${number(t.ValidationFailedRecords)} rows differ`}</span> },
    { name: 'Updated', value: (t) => t.LastUpdateTime?.toISOString(), cell: (t) => <Time at={t.LastUpdateTime} /> },
  ];
  if (running && task.MigrationType !== 'cdc') {
    columns.push({
      name: '', value: () => '',
      cell: (t) => <Do label="Reload" make={() => call('dms', 'ReloadTables', { ReplicationTaskArn: arn, TablesToReload: [{ SchemaName: t.SchemaName, TableName: t.TableName }] })} said="The table is loaded anew."
        question={<p>Load <b>{t.SchemaName}.{t.TableName}</b> anew? Its table in the target is emptied first.</p>} />,
    });
  }
  return <Loaded from={stats}>{(rows) => <Table label="tables" rows={rows} columns={columns} empty={<Empty title="No table yet"><p>Statistics appear once the task has started.</p></Empty>} />}</Loaded>;
}
