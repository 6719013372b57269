import { all } from '../api/call';
import { history, watch, type Progress } from '../api/progress';
import type { Endpoint, ReplicationInstance, ReplicationTask } from '../api/shown';
import { Chart } from '../chart/chart';
import { href } from '../route';
import { Card, Empty, Loaded, Meter, Page, Status } from '../ui/basics';
import { useLoad } from '../ui/load';
import { compact, idOf, number, size, span } from '../ui/words';
import { stuck } from './task-data';

const watched = 20; // tasks whose progress is asked for

interface Seen {
  tasks: ReplicationTask[];
  instances: ReplicationInstance[];
  endpoints: Endpoint[];
  progress: Map<string, Progress>;
}

async function look(): Promise<Seen> {
  const [tasks, instances, endpoints] = await Promise.all([
    all<ReplicationTask>('dms', 'DescribeReplicationTasks', 'ReplicationTasks', { WithoutSettings: true }),
    all<ReplicationInstance>('dms', 'DescribeReplicationInstances', 'ReplicationInstances'),
    all<Endpoint>('dms', 'DescribeEndpoints', 'Endpoints'),
  ]);
  const running = tasks.filter((t) => t.Status === 'running').slice(0, watched);
  const progress = new Map<string, Progress>();
  await Promise.all(running.map(async (t) => {
    const arn = t.ReplicationTaskArn as string;
    try {
      progress.set(arn, await watch(arn));
    } catch {
      // Its row shows no figures then; the task's own page says why.
    }
  }));
  return { tasks, instances, endpoints, progress };
}

export default function Overview() {
  const seen = useLoad(look, [], 3000);
  return (
    <Page title="Overview" actions={<a class="button primary" href="#/new-task">New task</a>}>
      <Loaded from={seen}>{(s) => <Shown {...s} />}</Loaded>
    </Page>
  );
}

function Shown({ tasks, instances, endpoints, progress }: Seen) {
  if (!tasks.length) return <FirstSteps instances={instances.length} endpoints={endpoints.length} />;
  const states = Object.entries(Object.groupBy(tasks, (t) => t.Status ?? 'unknown')).sort((a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0));
  const running = tasks.filter((t) => progress.has(t.ReplicationTaskArn as string));
  const atWork = tasks.filter((t) => t.Status === 'running').length;
  const latest = running.map((t) => history(t.ReplicationTaskArn as string).at(-1));
  const sum = (pick: 'rows' | 'bytes') => latest.reduce((n, p) => n + (p?.[pick] ?? 0), 0);
  const lag = Math.max(...[...progress.values()].map((p) => p.CDCLatencyTarget ?? 0), 0);
  return (
    <>
      <div class="figures-row">
        {states.map(([state, of]) => (
          <a key={state} class="figure" href="#/tasks"><b>{of?.length}</b><Status value={state} /></a>
        ))}
        <div class="figure"><b>{compact(sum('rows'))}</b><span>rows a second</span></div>
        <div class="figure"><b>{size(sum('bytes'))}</b><span>a second</span></div>
        <div class="figure"><b>{span(lag)}</b><span>largest lag</span></div>
        {running.length < atWork && <div class="figure"><b>{number(running.length)}</b><span>of {number(atWork)} running tasks make up these rates and this lag</span></div>}
      </div>
      <Card title="At work">
        {running.length ? <ul class="work">{running.map((t) => <Work key={t.ReplicationTaskArn} task={t} progress={progress.get(t.ReplicationTaskArn as string) as Progress} />)}</ul>
          : <Empty title="No task is running"><p>Start one from its <a href="#/tasks">page</a>.</p></Empty>}
      </Card>
      <div class="cols">
        <Card title="Needs a look">
          <NeedsALook tasks={tasks} instances={instances} progress={progress} />
        </Card>
        <Card title="Inventory">
          <ul class="plain">
            <li><a href="#/tasks">{tasks.length} {tasks.length === 1 ? 'task' : 'tasks'}</a></li>
            <li><a href="#/endpoints">{endpoints.length} endpoints</a></li>
            <li><a href="#/instances">{instances.length} {instances.length === 1 ? 'instance' : 'instances'}</a></li>
          </ul>
        </Card>
      </div>
    </>
  );
}

function Work({ task, progress: p }: { task: ReplicationTask; progress: Progress }) {
  const arn = task.ReplicationTaskArn as string;
  const points = history(arn);
  const last = points.at(-1);
  return (
    <li>
      <div>
        <a href={href('tasks', idOf(arn))}>{task.ReplicationTaskIdentifier}</a> <Status value={p.Following ? 'following changes' : 'full load'} />
        <Meter percent={p.FullLoadProgressPercent ?? 0} label={`Full load of ${task.ReplicationTaskIdentifier}`} />
        <p class="hint">{compact(p.RowsLoaded)} rows loaded{p.Following && <>, {compact(p.ChangesApplied)} changes applied, lag {span(p.CDCLatencyTarget)}</>}; {compact(last?.rows ?? undefined)} rows/s</p>
      </div>
      <Chart title="rows/s" times={points.map((x) => x.at)} series={[{ name: 'rows/s', values: points.map((x) => x.rows) }]} format={compact} />
    </li>
  );
}

// troubleOf says why somebody should look at a task; nothing when it is as it should be.
function troubleOf(t: ReplicationTask, p?: Progress): string | undefined {
  if (t.Status?.startsWith('failed')) return t.LastFailureMessage || 'It has failed.';
  const errored = t.ReplicationTaskStats?.TablesErrored ?? 0;
  if (errored > 0) return t.LastFailureMessage || `${errored} ${errored === 1 ? 'table' : 'tables'} with errors`;
  if (p?.Warning) return p.Warning;
  if (stuck(t, p)) return `${number(p?.ChangesWaiting)} changes have waited for ${span(p?.CDCLatencyTarget)}, and none is applied.`;
  return undefined;
}

function NeedsALook({ tasks, instances, progress }: { tasks: ReplicationTask[]; instances: ReplicationInstance[]; progress: Map<string, Progress> }) {
  const troubled = tasks.map((task) => ({ task, why: troubleOf(task, progress.get(task.ReplicationTaskArn as string)) })).filter((x) => x.why);
  const down = instances.filter((i) => i.ReplicationInstanceStatus === 'failed');
  const unasked = tasks.filter((t) => t.Status === 'running' && !progress.has(t.ReplicationTaskArn as string)).length;
  const rest = unasked > 0 && <p class="hint">{number(unasked)} running {unasked === 1 ? 'task was' : 'tasks were'} not asked how it goes: only {watched} are, and some may not have answered.</p>;
  if (!troubled.length && !down.length) return <><p class="fine">{unasked ? 'Nothing that is known.' : 'Nothing. All tasks and instances are as they should be.'}</p>{rest}</>;
  return (
    <>
      <ul class="plain" aria-label="What needs a look">
        {troubled.map(({ task: t, why }) => (
          <li key={t.ReplicationTaskArn}>
            <a href={href('tasks', idOf(t.ReplicationTaskArn))}>{t.ReplicationTaskIdentifier}</a> <Status value={t.Status} />
            <p class="hint">{why}</p>
          </li>
        ))}
        {down.map((i) => <li key={i.ReplicationInstanceArn}><a href="#/instances">{i.ReplicationInstanceIdentifier}</a> <Status value="failed" /></li>)}
      </ul>
      {rest}
    </>
  );
}

function FirstSteps({ instances, endpoints }: { instances: number; endpoints: number }) {
  const steps: [boolean, string, string, string][] = [
    [instances > 0, '#/instances', 'Make a replication instance', 'A process of this server that moves the rows, with the memory of its class.'],
    [endpoints > 1, '#/endpoints', 'Describe both databases', 'An endpoint for the source and one for the target, and a test whether they can be reached.'],
    [false, '#/new-task', 'Build a task', 'Which tables go where, and how. You see what would happen to each before anything moves.'],
  ];
  return (
    <Card title="Three steps to the first migration">
      <ol class="steps">
        {steps.map(([done, to, title, text]) => (
          <li key={to} class={done ? 'done' : ''}><a href={to}>{title}</a>{done && <span class="status good">done</span>}<p class="hint">{text}</p></li>
        ))}
      </ol>
    </Card>
  );
}
