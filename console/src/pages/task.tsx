// One task: how it goes, what it does, why it failed.
import { useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import { history, watch, type Progress } from '../api/progress';
import type { DMSEvent, ReplicationInstance, ReplicationTask } from '../api/shown';
import { Chart } from '../chart/chart';
import { MappingEditor } from '../mapping/editor';
import { go, href } from '../route';
import { changes } from '../settings/changes';
import { check, SettingsEditor } from '../settings/editor';
import { Do } from '../ui/act';
import { Card, Empty, Facts, Loaded, Meter, Page, Panel, Status, Tabs } from '../ui/basics';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { compact, lag, number, size, span, Time } from '../ui/words';
import { Assessment } from './task-assessment';
import { Differences } from './task-differences';
import { Errors } from './task-errors';
import { LastWords, Log } from './task-log';
import { Tables } from './task-tables';
import { arnOf, endpointOf, resting, stuck, taskOf } from './task-data';

const tabs = [
  { id: 'tables', label: 'Tables' }, { id: 'errors', label: 'Error rows' }, { id: 'assessment', label: 'Assessment' }, { id: 'log', label: 'Log' }, { id: 'events', label: 'Events' }, { id: 'mapping', label: 'Mapping' },
  { id: 'settings', label: 'Settings' }, { id: 'about', label: 'About' },
];

export function OneTask({ id, tab }: { id: string; tab: string }) {
  const arn = arnOf(id);
  const seen = useLoad(async () => {
    const [task, progress] = await Promise.all([taskOf(arn), watch(arn).catch(() => undefined)]);
    return { task, progress };
  }, [arn], 2000);
  const task = seen.data?.task;
  return (
    <Page title={task?.ReplicationTaskIdentifier ?? 'Task'} up={{ href: '#/tasks', label: 'Tasks' }} sub={task && <><Status value={task.Status} /> {task.MigrationType}</>}
      actions={task && <Actions task={task} progress={seen.data?.progress} changed={seen.reload} />}>
      <Loaded from={seen}>
        {({ task: t, progress }) => (t ? (
          <>
            <Why task={t} progress={progress} />
            <Now task={t} progress={progress} />
            <Card wide>
              <Tabs tabs={tabs} at={tab} onChange={(to) => go('tasks', id, to)} />
              <Panel at={tab}>
                {tab === 'tables' && <Tables task={t} />}
                {tab === 'errors' && <><Errors task={t} /><Differences task={t} /></>}
                {tab === 'assessment' && <Assessment task={t} />}
                {tab === 'log' && <Log task={t} />}
                {tab === 'events' && <Events task={t} />}
                {tab === 'mapping' && <Mapping task={t} />}
                {tab === 'settings' && <Settings task={t} />}
                {tab === 'about' && <About task={t} />}
              </Panel>
            </Card>
          </>
        ) : <p>There is no task {arn}.</p>)}
      </Loaded>
    </Page>
  );
}

function Actions({ task: t, progress, changed }: { task: ReplicationTask; progress?: Progress; changed: () => void }) {
  const arn = t.ReplicationTaskArn;
  const start = (type: string) => () => call('dms', 'StartReplicationTask', { ReplicationTaskArn: arn, StartReplicationTaskType: type });
  const name = <b>{t.ReplicationTaskIdentifier}</b>;
  const rests = resting.includes(t.Status ?? '');
  const ran = !!progress?.Started || !!t.ReplicationTaskStartDate;
  return (
    <>
      {rests && !ran && <Do label="Start" tone="primary" make={start('start-replication')} done={changed} said="The task is starting." />}
      {rests && ran && <Do label="Resume" tone="primary" make={start('resume-processing')} done={changed} said="The task goes on." />}
      {rests && ran && t.MigrationType !== 'cdc' && (
        <Do label="Reload all" make={start('reload-target')} done={changed} said="The task begins anew."
          question={<p>Load all tables of {name} anew? What the target's tables hold is handled as the setting for existing tables says.</p>} />
      )}
      {t.Status === 'running' && progress?.Following && (
        <Do label="Cut over" tone="primary" make={() => call('whimbrel', 'CutOverReplicationTask', { ReplicationTaskArn: arn })} done={changed} said="The task cuts over as soon as everything is applied."
          question={<><p>Let the target take over. Stop writing to the source first: the task applies what is left, waits until the source is quiet, and stops by itself.</p><p>Applied so far: {number(progress.ChangesApplied)} changes; waiting: {number(progress.ChangesWaiting)}.</p></>} />
      )}
      {t.Status === 'running' && <Do label="Stop" make={() => call('dms', 'StopReplicationTask', { ReplicationTaskArn: arn })} done={changed} said="The task is stopping." question={<p>Stop {name}? It can go on later where it was.</p>} />}
      {rests && <Do label="Delete" tone="danger" make={() => call('dms', 'DeleteReplicationTask', { ReplicationTaskArn: arn })} done={() => go('tasks')} said="The task is being deleted." question={<p>Delete {name}? The rows in the target stay. What it keeps in the databases, such as a replication slot, goes.</p>} />}
    </>
  );
}

// Why says what went wrong, or what gives cause for concern.
function Why({ task: t, progress: p }: { task: ReplicationTask; progress?: Progress }) {
  const errored = t.ReplicationTaskStats?.TablesErrored ?? 0;
  return (
    <div aria-live="polite">
      {t.LastFailureMessage && t.Status !== 'running' && <div class="trouble refused"><strong>Why it {t.Status === 'stopped' ? 'stopped' : 'failed'}</strong><p>{t.LastFailureMessage}</p>{t.Status === 'failed' && <LastWords task={t} />}</div>}
      {p?.Warning && <div class="trouble warning"><strong>Not as it should be</strong><p>{p.Warning}</p></div>}
      {stuck(t, p) && <div class="trouble warning"><strong>Changes wait, and none is applied</strong><p>{number(p?.ChangesWaiting)} changes have waited for {span(p?.CDCLatencyTarget)}. The task tries again by itself. The log says:</p><LastWords task={t} /></div>}
      {errored > 0 && <div class="trouble warning"><strong>{errored} {errored === 1 ? 'table' : 'tables'} with errors</strong><p>See the state in the list of tables, and the <a href={href('tasks', (t.ReplicationTaskArn ?? '').split(':').pop() ?? '', 'log')}>log</a>. Rows that were refused are among the <a href={href('tasks', (t.ReplicationTaskArn ?? '').split(':').pop() ?? '', 'errors')}>error rows</a>, with their reasons.</p></div>}
    </div>
  );
}

function Now({ task: t, progress: p }: { task: ReplicationTask; progress?: Progress }) {
  if (!p?.Started) return null;
  const points = history(t.ReplicationTaskArn as string);
  const times = points.map((x) => x.at);
  const percent = p.FullLoadProgressPercent ?? 0;
  return (
    <>
      <div class="figures-row">
        <div class="figure"><b>{percent} %</b><Meter percent={percent} label="Full load" /><span>of the full load</span></div>
        <div class="figure"><b>{compact(p.RowsLoaded)}</b><span>rows loaded</span></div>
        <div class="figure"><b>{size(p.BytesLoaded)}</b><span>loaded</span></div>
        <div class="figure"><b>{number(p.TablesLoaded)} / {number((p.TablesLoaded ?? 0) + (p.TablesLoading ?? 0) + (p.TablesQueued ?? 0) + (p.TablesErrored ?? 0))}</b><span>tables</span></div>
        <div class="figure"><b>{compact(p.ChangesApplied)}</b><span>changes applied</span></div>
        <div class="figure"><b>{p.Following ? span(p.CDCLatencyTarget) : '–'}</b><span>lag</span></div>
      </div>
      {t.Status === 'running' && (
        <div class="charts">
          <Chart title="Rows and changes a second" times={times} series={[{ name: 'rows', values: points.map((x) => x.rows) }]} format={compact} />
          <Chart title="Loaded and applied a second" times={times} series={[{ name: 'bytes', values: points.map((x) => x.bytes) }]} format={size} />
          <Chart title="Latency" times={times} series={[{ name: 'source', values: points.map((x) => x.source) }, { name: 'target', values: points.map((x) => x.target) }]} format={lag} />
          <Chart title="Changes waiting" times={times} series={[{ name: 'changes', values: points.map((x) => x.waiting) }]} format={compact} />
        </div>
      )}
    </>
  );
}

function Events({ task: t }: { task: ReplicationTask }) {
  const events = useLoad(async () => {
    // DMS's model lets the call ask for instances alone.
    const events = await all<DMSEvent>('dms', 'DescribeEvents', 'Events', { Duration: 14 * 24 * 60 });
    return events.filter((e) => (e.SourceType as string) === 'replication-task' && e.SourceIdentifier?.toLowerCase() === t.ReplicationTaskIdentifier?.toLowerCase());
  }, [t.ReplicationTaskArn], 4000);
  return (
    <Loaded from={events}>
      {(rows) => (
        <Table label="events" rows={[...rows].reverse()} empty={<Empty title="No event in 14 days" />} columns={[
          { name: 'When', value: (e) => e.Date?.toISOString(), cell: (e) => <Time at={e.Date} /> },
          { name: 'What', value: (e) => e.Message },
          { name: 'Categories', value: (e) => e.EventCategories?.join(', ') },
        ]} />
      )}
    </Loaded>
  );
}

function Mapping({ task: t }: { task: ReplicationTask }) {
  const [document, setDocument] = useState(() => JSON.stringify(JSON.parse(t.TableMappings ?? '{}'), null, 2));
  const may = resting.includes(t.Status ?? '');
  return (
    <>
      <MappingEditor arn={t.ReplicationTaskArn as string} value={document} onChange={setDocument} />
      <div class="form-end">
        {!may && <p class="hint">The mapping can be changed while the task rests. What you try here is only shown.</p>}
        <Do label="Save mapping" tone="primary" disabled={!may} why="Stop the task first" said="Saved." make={() => call('dms', 'ModifyReplicationTask', { ReplicationTaskArn: t.ReplicationTaskArn, TableMappings: document })} />
      </div>
    </>
  );
}

function Settings({ task: t }: { task: ReplicationTask }) {
  const [before] = useState(() => JSON.stringify(JSON.parse(t.ReplicationTaskSettings ?? '{}'), null, 2));
  const [{ document, touched }, setDocument] = useState({ document: before, touched: [] as string[] });
  const changed = check(document) ? document : changes(before, document, touched);
  const may = resting.includes(t.Status ?? '');
  return (
    <>
      <SettingsEditor value={document} onChange={(d, k) => setDocument({ document: d, touched: k })} />
      <div class="form-end">
        {!may && <p class="hint">While the task runs only the severities of its log can be changed.</p>}
        <Do label="Save settings" tone="primary" said="Saved." disabled={changed === '{}'} why="Nothing is changed" make={() => call('dms', 'ModifyReplicationTask', { ReplicationTaskArn: t.ReplicationTaskArn, ReplicationTaskSettings: changed })} />
      </div>
    </>
  );
}

function About({ task: t }: { task: ReplicationTask }) {
  const ends = useLoad(async () => {
    const [source, target, instances] = await Promise.all([
      endpointOf(t.SourceEndpointArn), endpointOf(t.TargetEndpointArn),
      ask<{ ReplicationInstances: ReplicationInstance[] }>('dms', 'DescribeReplicationInstances', { Filters: [{ Name: 'replication-instance-arn', Values: [t.ReplicationInstanceArn] }] }),
    ]);
    return { source, target, instance: instances.ReplicationInstances[0] };
  }, [t.ReplicationTaskArn]);
  const link = (arn?: string, name?: string) => <a href={href('endpoints', (arn ?? '').split(':').pop() ?? '')}>{name ?? arn}</a>;
  return (
    <Loaded from={ends}>
      {({ source, target, instance }) => (
        <Facts of={[
          ['From', link(t.SourceEndpointArn, source?.EndpointIdentifier)], ['To', link(t.TargetEndpointArn, target?.EndpointIdentifier)],
          ['Instance', instance?.ReplicationInstanceIdentifier ?? t.ReplicationInstanceArn], ['Made', <Time at={t.ReplicationTaskCreationDate} />],
          ['Started', t.ReplicationTaskStartDate && <Time at={t.ReplicationTaskStartDate} />], ['Stop reason', t.StopReason],
          ['Checkpoint', t.RecoveryCheckpoint && <code>{t.RecoveryCheckpoint}</code>], ['ARN', <code>{t.ReplicationTaskArn}</code>],
        ]} />
      )}
    </Loaded>
  );
}
