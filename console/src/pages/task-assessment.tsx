// Premigration assessments of a task: begin a run, watch it, read what it has found.
import { useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import { problemOf } from '../api/problem';
import { resultsRole, resultsRoleFor } from '../api/roles';
import type { ReplicationTask, ReplicationTaskAssessmentRun } from '../api/shown';
import { account, partition } from '../session';
import { Do, Form } from '../ui/act';
import { Dialog } from '../ui/dialog';
import { Empty, Facts, Loaded, Meter, Status } from '../ui/basics';
import { Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { number, Time } from '../ui/words';
import { resting } from './task-data';

interface Finding {
  Status?: string;
  Object?: string;
  Reason?: string;
  Remedy?: string;
}

interface Assessed {
  Name?: string;
  About?: string;
  Status?: string;
  Reason?: string;
  Findings?: Finding[];
  UnlistedFindings?: number;
}

const over = /^(passed|failed|warning|error-|cancelling)/;

async function runsOf(arn: string): Promise<ReplicationTaskAssessmentRun[]> {
  try {
    const runs = await all<ReplicationTaskAssessmentRun>('dms', 'DescribeReplicationTaskAssessmentRuns', 'ReplicationTaskAssessmentRuns', { Filters: [{ Name: 'replication-task-arn', Values: [arn] }] });
    return runs.sort((a, b) => Number(b.ReplicationTaskAssessmentRunCreationDate) - Number(a.ReplicationTaskAssessmentRunCreationDate));
  } catch (error) {
    if (problemOf(error).code === 'ResourceNotFoundFault') return []; // that is how DMS says that there is none
    throw error;
  }
}

export function Assessment({ task }: { task: ReplicationTask }) {
  const arn = task.ReplicationTaskArn as string;
  const [asking, setAsking] = useState(false);
  const runs = useLoad(() => runsOf(arn), [arn], 2500);
  const rests = resting.includes(task.Status ?? '');
  return (
    <Loaded from={runs}>
      {(found) => (
        <>
          <div class="table-tools">
            <button type="button" class="primary" disabled={!rests} title={rests ? undefined : 'A task is assessed while it rests'} onClick={() => setAsking(true)}>Assess</button>
            <p class="hint">An assessment looks for what would keep the task from working, and says what mends it. It changes nothing.</p>
          </div>
          {asking && <Ask task={task} close={() => setAsking(false)} done={() => { setAsking(false); runs.reload(); }} />}
          {found.length > 0 ? <Run key={found[0].ReplicationTaskAssessmentRunArn} task={arn} run={found[0]} changed={runs.reload} /> : <Empty title="Not assessed yet" />}
          {found.length > 1 && <Earlier runs={found.slice(1)} changed={runs.reload} />}
        </>
      )}
    </Loaded>
  );
}

// Ask is where a run's name and the place of its results are chosen.
function Ask({ task, close, done }: { task: ReplicationTask; close: () => void; done: () => void }) {
  const [name, setName] = useState(() => `${task.ReplicationTaskIdentifier}-${new Date().toISOString().slice(0, 19).replace(/[-:T]/g, '')}`);
  const [bucket, setBucket] = useState(`dms-assessments-${account()}`);
  const own = `arn:${partition()}:iam::${account()}:role/${resultsRole}`;
  const [role, setRole] = useState(own);
  return (
    <Dialog title="Assess the task" onClose={close}>
      <Form label="Begin" cancel={close} said="The assessment has begun." done={done} before={role === own ? resultsRoleFor(bucket) : undefined}
        make={() => call('dms', 'StartReplicationTaskAssessmentRun', {
          ReplicationTaskArn: task.ReplicationTaskArn, ServiceAccessRoleArn: role, ResultLocationBucket: bucket, ResultLocationFolder: task.ReplicationTaskIdentifier, AssessmentRunName: name,
        })}>
        <Text label="Name of the run" required value={name} onChange={setName} />
        <Text label="Bucket of the results" required value={bucket} onChange={setBucket} hint="Of the server's store of results. They are shown here, too." />
        <Text label="Role that writes them" required value={role} onChange={setRole} hint={`${resultsRole} is made if it is missing.`} />
      </Form>
    </Dialog>
  );
}

function Run({ task, run, changed }: { task: string; run: ReplicationTaskAssessmentRun; changed: () => void }) {
  const arn = run.ReplicationTaskAssessmentRunArn;
  const ended = over.test(run.Status ?? '');
  const count = run.AssessmentProgress?.IndividualAssessmentCount ?? 0;
  const made = run.AssessmentProgress?.IndividualAssessmentCompletedCount ?? 0;
  // A run that is cancelled says so before its assessments do.
  const findings = useLoad(() => ask<{ Assessments: Assessed[] }>('whimbrel', 'DescribeAssessmentFindings', { ReplicationTaskArn: task, ReplicationTaskAssessmentRunArn: arn }), [arn, run.Status, made], ended ? 0 : 2500);
  const s = run.ResultStatistic;
  return (
    <>
      <Facts of={[
        ['Run', run.AssessmentRunName], ['Status', <Status value={run.Status} />], ['Begun', <Time at={run.ReplicationTaskAssessmentRunCreationDate} />],
        ['Made', ended ? undefined : <><Meter percent={count ? Math.round((100 * made) / count) : 0} label="Assessments made" /> {number(made)} of {number(count)}</>],
        ['Result', s && [[s.Failed, 'failed'], [s.Error, 'could not be made'], [s.Warning, 'warnings'], [s.Passed, 'passed'], [s.Skipped, 'skipped'], [s.Cancelled, 'cancelled']].filter(([n]) => n).map(([n, what]) => `${n} ${what}`).join(', ')],
        ['Why', run.LastFailureMessage],
      ]} />
      {!ended && <div class="after"><Do label="Cancel the assessment" make={() => call('dms', 'CancelReplicationTaskAssessmentRun', { ReplicationTaskAssessmentRunArn: arn })} done={changed} said="The assessment ends." /></div>}
      <Loaded from={findings}>
        {({ Assessments: found }) => (
          <div class="after"><Table label="assessments" rows={[...found].sort((a, b) => rank(a) - rank(b))} columns={[
            { name: 'Status', value: (a) => a.Status, cell: (a) => <Status value={a.Status} /> },
            { name: 'What holds when it passes', value: (a) => `${a.About ?? ''} ${a.Name}`, cell: (a) => <>{a.About && <span>{a.About}</span>} <code>{a.Name}</code></> },
            { name: 'What was found', value: (a) => (a.Findings ?? []).map((f) => `${f.Object} ${f.Reason}`).join(' '), cell: (a) => <Found of={a} /> },
          ]} /></div>
        )}
      </Loaded>
    </>
  );
}

// rank has what needs someone's hand come first.
const order = ['failed', 'error', 'warning', 'running', 'pending', 'cancelled', 'passed', 'skipped'];
const rank = (a: Assessed) => order.indexOf(a.Status ?? '');

function Found({ of: a }: { of: Assessed }) {
  if (!a.Findings?.length) return <>{a.Reason ?? '–'}</>;
  return (
    <ul class="plain">
      {a.Findings.map((f, i) => (
        <li key={i}>
          <b>{f.Object}</b>: {f.Reason}
          {f.Remedy && <div class="hint">To mend it: {f.Remedy}</div>}
        </li>
      ))}
      {(a.UnlistedFindings ?? 0) > 0 && <li>and {number(a.UnlistedFindings)} more</li>}
    </ul>
  );
}

function Earlier({ runs, changed }: { runs: ReplicationTaskAssessmentRun[]; changed: () => void }) {
  return (
    <details>
      <summary>Earlier assessments</summary>
      <Table label="earlier assessments" rows={runs} columns={[
        { name: 'Begun', value: (r) => r.ReplicationTaskAssessmentRunCreationDate?.toISOString(), cell: (r) => <Time at={r.ReplicationTaskAssessmentRunCreationDate} /> },
        { name: 'Run', value: (r) => r.AssessmentRunName },
        { name: 'Status', value: (r) => r.Status, cell: (r) => <Status value={r.Status} /> },
        { name: '', value: () => '', cell: (r) => <Do label="Delete" make={() => call('dms', 'DeleteReplicationTaskAssessmentRun', { ReplicationTaskAssessmentRunArn: r.ReplicationTaskAssessmentRunArn })} done={changed} said="The record is deleted." question={<p>Delete the record of <b>{r.AssessmentRunName}</b>? Its results stay in their bucket.</p>} /> },
      ]} />
    </details>
  );
}
