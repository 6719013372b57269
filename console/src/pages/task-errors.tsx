// The rows that a task has left out, with the reasons of the target; and copying them once more.
import { useState } from 'preact/hooks';
import { all, call } from '../api/call';
import type { ReplicationTask } from '../api/shown';
import { Do } from '../ui/act';
import { Empty, Loaded } from '../ui/basics';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { number, Time } from '../ui/words';
import { resting } from './task-data';

interface ErrorRow {
  SchemaName?: string;
  TableName?: string;
  ErrorTime?: number;
  Key?: string;
  Statement?: string;
  Reason?: string;
}

interface Copied {
  RowsWritten?: number;
  RowsRemoved?: number;
  EqualKeys?: string[];
  RowsLeft?: { Key?: string; Reason?: string }[];
}

const most = 500;
const tableOf = (r: ErrorRow) => (r.SchemaName ? `${r.SchemaName}.${r.TableName}` : (r.TableName ?? ''));

export function Errors({ task }: { task: ReplicationTask }) {
  const arn = task.ReplicationTaskArn as string;
  const [copied, setCopied] = useState<{ table: string; out: Copied }>();
  // The target is asked each time: not every so often, but when someone wants to know.
  const rows = useLoad(() => all<ErrorRow>('whimbrel', 'DescribeApplyExceptions', 'ApplyExceptions', { ReplicationTaskArn: arn, MaxRecords: 100 }, most), [arn]);
  const rests = resting.includes(task.Status ?? '');
  const again = (r: ErrorRow, keys?: string[]) => () =>
    call('whimbrel', 'ReplayApplyExceptions', { ReplicationTaskArn: arn, ...(r.SchemaName ? { SchemaName: r.SchemaName } : {}), TableName: r.TableName, ...(keys ? { Keys: keys } : {}) });
  const done = (r: ErrorRow) => (out: unknown) => setCopied({ table: tableOf(r), out: out as Copied });
  return (
    <>
      <div class="table-tools">
        <button type="button" onClick={rows.reload}>Look again</button>
        {!rests && <p class="hint">Rows can be copied once more while the task rests, so that no change is on its way to them.</p>}
      </div>
      {copied && <Outcome {...copied} />}
      <Loaded from={rows}>
        {(found) => {
          const tables = [...new Map(found.map((r) => [tableOf(r), r])).values()];
          return (
            <>
              {tables.length > 0 && (
                <div class="actions">
                  {tables.map((r) => (
                    <Do key={tableOf(r)} label={`Copy all of ${tableOf(r)} that differ`} disabled={!rests} why="Stop the task first" make={again(r)} done={done(r)}
                      question={<p>Compare <b>{tableOf(r)}</b> on both sides, and make every row of the target that differs what the source's is now?</p>} />
                  ))}
                </div>
              )}
              <Table label="error rows" dense rows={found} columns={[
                { name: 'When', value: (r) => r.ErrorTime, cell: (r) => <Time at={r.ErrorTime} /> },
                { name: 'Table', value: tableOf },
                { name: 'Key', value: (r) => r.Key, cell: (r) => (r.Key ? <code class="whole">{r.Key}</code> : '–') },
                { name: 'Why', value: (r) => r.Reason },
                { name: 'What', value: (r) => r.Statement, cell: (r) => <details><summary>The row or change</summary><code class="wrapped">{r.Statement}</code></details> },
                {
                  name: '', value: () => '',
                  cell: (r) => r.Key && <Do label="Copy again" disabled={!rests} why="Stop the task first" make={again(r, [r.Key])} done={done(r)}
                    question={<p>Make the row <code>{r.Key}</code> of <b>{tableOf(r)}</b> in the target what it is in the source now?</p>} />,
                },
              ]} empty={<Empty title="No row was left out"><p>Rows and changes that the target refuses appear here, with its reason.</p></Empty>} />
              {found.length >= most && <p class="hint">The first {number(found.length)} are shown, the oldest first.</p>}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

// Outcome says what copying has come to.
function Outcome({ table, out }: { table: string; out: Copied }) {
  const left = out.RowsLeft ?? [];
  return (
    <div class={left.length ? 'trouble warning' : 'trouble'} role="status">
      <strong>{table}: {number(out.RowsWritten ?? 0)} rows written, {number(out.RowsRemoved ?? 0)} removed</strong>
      {(out.EqualKeys?.length ?? 0) > 0 && <p>Equal already: {out.EqualKeys?.join(', ')}</p>}
      {left.map((r) => <p key={r.Key}><code>{r.Key}</code> is left: {r.Reason}</p>)}
    </div>
  );
}
