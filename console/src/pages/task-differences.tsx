// The rows that validation of a task has found to differ, as the target's awsdms_validation_failures has them.
import { all } from '../api/call';
import type { ReplicationTask } from '../api/shown';
import { Empty, Loaded, Status } from '../ui/basics';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { number, Time } from '../ui/words';

interface Difference {
  SchemaName?: string;
  TableName?: string;
  FailureTime?: number;
  Key?: string;
  FailureType?: string;
  Details?: string;
  ResyncResult?: string;
  ResyncTime?: number;
  ResyncAction?: string;
}

const most = 500;

const meanings: Record<string, string> = {
  RECORD_DIFF: 'the row differs', MISSING_TARGET: 'the target does not have it', MISSING_SOURCE: 'the source does not have it', TABLE_WARNING: 'the table cannot be compared',
};

export function Differences({ task }: { task: ReplicationTask }) {
  const arn = task.ReplicationTaskArn as string;
  const rows = useLoad(() => all<Difference>('whimbrel', 'DescribeValidationFailures', 'ValidationFailures', { ReplicationTaskArn: arn, MaxRecords: 100 }, most), [arn]);
  return (
    <section class="after" aria-label="Rows that differ">
      <h2>Rows that differ</h2>
      <div class="table-tools">
        <button type="button" onClick={rows.reload}>Look for differences</button>
        <p class="hint">What validation has found. Rows that are mended are no longer listed, or have the result of their resync.</p>
      </div>
      <Loaded from={rows}>
        {(found) => (
          <>
            <Table label="rows that differ" dense rows={found} columns={[
              { name: 'When', value: (r) => r.FailureTime, cell: (r) => <Time at={r.FailureTime} /> },
              { name: 'Table', value: (r) => (r.SchemaName ? `${r.SchemaName}.${r.TableName}` : r.TableName) },
              { name: 'Key', value: (r) => r.Key, cell: (r) => <code>{keyOf(r.Key)}</code> },
              { name: 'Why', value: (r) => r.FailureType, cell: (r) => <>{meanings[r.FailureType ?? ''] ?? r.FailureType}</> },
              { name: 'What', value: (r) => r.Details, cell: (r) => (r.Details && r.Details !== '[]' ? <details><summary>The values</summary><code class="wrapped">{r.Details}</code></details> : '–') },
              { name: 'Resync', value: (r) => r.ResyncResult, cell: (r) => (r.ResyncResult ? <><Status value={r.ResyncResult} /> {r.ResyncAction} <Time at={r.ResyncTime} /></> : '–') },
            ]} empty={<Empty title="No row differs"><p>With validation switched on in the settings, rows that are not the same on both sides appear here.</p></Empty>} />
            {found.length >= most && <p class="hint">The first {number(found.length)} are shown, the oldest first.</p>}
          </>
        )}
      </Loaded>
    </section>
  );
}

// keyOf shows {"key": ["7"]} as 7.
function keyOf(text?: string): string {
  try {
    return (JSON.parse(text ?? '') as { key: string[] }).key.join(', ');
  } catch {
    return text ?? '';
  }
}
