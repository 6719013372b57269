import { useEffect, useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import type { ReplicationTask, TableStatistics } from '../api/shown';
import type { MappingPlan } from '../mapping/plan';
import { Do } from '../ui/act';
import { Empty, Loaded, Meter, Status } from '../ui/basics';
import { useLoad } from '../ui/load';
import { Table, type Column } from '../ui/table';
import { number, Time } from '../ui/words';

const count = (name: string, value: (t: TableStatistics) => number | undefined): Column<TableStatistics> => ({ name, figures: true, value: (t) => value(t) ?? 0, cell: (t) => number(value(t) ?? 0) });

const nameOf = (t: TableStatistics) => `${t.SchemaName}.${t.TableName}`;
const loads = (t: TableStatistics) => ['Before load', 'Full load', 'Table is being reloaded'].includes(t.TableState ?? '');

// useExpected is about how many rows each table has, as the source's statistics say: asked once, while something is loaded.
function useExpected(arn: string | undefined, loading: boolean): Map<string, number> {
  const [wanted, want] = useState(loading);
  if (loading && !wanted) want(true);
  const plan = useLoad<Map<string, number>>(async () => {
    if (!wanted) return new Map();
    const { Tables } = await ask<MappingPlan>('whimbrel', 'DescribeMappingPlan', { ReplicationTaskArn: arn });
    return new Map((Tables ?? []).map((t) => [`${t.SourceSchema}.${t.SourceTable}`, t.EstimatedRows ?? 0]));
  }, [arn, wanted]);
  return plan.data ?? new Map();
}

// Loading is how many rows of a table have arrived, and how far that is.
function Loading({ table: t, expected }: { table: TableStatistics; expected?: number }) {
  const rows = t.FullLoadRows ?? 0;
  if (!loads(t)) return <>{number(rows)}</>;
  if (!rows && !expected) return <>0</>;
  if (!expected || rows >= expected) return <>{number(rows)}<br /><small class="hint">so far</small></>; // nothing says of how many
  const percent = Math.floor((rows / expected) * 100);
  return <>{number(rows)} of{' '}<br />about {number(expected)}<br /><Meter percent={percent} label={`${nameOf(t)} is loaded`} /> {percent} %</>;
}

// Tables are the statistics of a task, table by table.
export function Tables({ task }: { task: ReplicationTask }) {
  const arn = task.ReplicationTaskArn;
  const running = task.Status === 'running';
  const [loading, setLoading] = useState(false);
  const stats = useLoad(() => all<TableStatistics>('dms', 'DescribeTableStatistics', 'TableStatistics', { ReplicationTaskArn: arn, MaxRecords: 500 }, 10_000), [arn], !running ? 8000 : loading ? 1000 : 2500);
  const some = running && (stats.data ?? []).some(loads);
  useEffect(() => setLoading(some), [some]);
  const expected = useExpected(arn, some);
  const columns: Column<TableStatistics>[] = [
    { name: 'Table', value: nameOf, cell: (t) => <>{t.SchemaName}.<b>{t.TableName}</b></> },
    { name: 'State', value: (t) => t.TableState, cell: (t) => <><Status value={t.TableState} /><small class="hint"><Time at={t.LastUpdateTime} /></small></> },
    { name: 'Loaded', figures: true, value: (t) => t.FullLoadRows ?? 0, cell: (t) => <Loading table={t} expected={expected.get(nameOf(t))} /> },
    count('Inserts', (t) => t.Inserts),
    count('Updates', (t) => t.Updates),
    count('Deletes', (t) => t.Deletes),
    count('DDL', (t) => t.Ddls),
    count('Errors', (t) => (t.FullLoadErrorRows ?? 0)),
    { name: 'Validation', value: (t) => t.ValidationState, cell: (t) => <span title={t.ValidationStateDetails}><Status value={t.ValidationState} />{(t.ValidationFailedRecords ?? 0) > 0 && ` ${number(t.ValidationFailedRecords)} rows differ`}</span> },
  ];
  if (running && task.MigrationType !== 'cdc') {
    columns.push({
      name: '', value: () => '',
      cell: (t) => <Do label="Reload" make={() => call('dms', 'ReloadTables', { ReplicationTaskArn: arn, TablesToReload: [{ SchemaName: t.SchemaName, TableName: t.TableName }] })} said="The table is loaded anew."
        question={<p>Load <b>{t.SchemaName}.{t.TableName}</b> anew? Its table in the target is emptied first.</p>} />,
    });
  }
  return <Loaded from={stats}>{(rows) => <Table label="tables" dense rows={rows} columns={columns} empty={<Empty title="No table yet"><p>Statistics appear once the task has started.</p></Empty>} />}</Loaded>;
}
