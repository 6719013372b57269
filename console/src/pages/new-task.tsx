// Building a task. It is made at once, so that the server itself can show what each mapping would do; nothing moves before Start.
import { useEffect, useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import { problemOf, type Problem } from '../api/problem';
import type { Endpoint, ReplicationInstance, ReplicationTask } from '../api/shown';
import { MappingEditor } from '../mapping/editor';
import { ofSchemas, write } from '../mapping/rules';
import { go, href, type Route } from '../route';
import { changes } from '../settings/changes';
import { check, SettingsEditor } from '../settings/editor';
import { CopyCommand, Do, Form } from '../ui/act';
import { Card, Empty, Loaded, Page, Status, Trouble } from '../ui/basics';
import { Check, Select, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { idOf } from '../ui/words';
import { Test } from './endpoint';
import { Assessment } from './task-assessment';
import { arnOf, connectionsOf, endpointOf, taskOf } from './task-data';

const steps = ['ends', 'tables', 'settings', 'start'];
const names: Record<string, string> = { ends: 'From where to where', tables: 'Tables', settings: 'Settings', start: 'Start' };

export default function NewTask({ route }: { route: Route }) {
  const id = route.path[1];
  const step = id ? (route.path[2] ?? 'tables') : 'ends';
  return (
    <Page title="New task" key={route.path.join('/')}>
      <ol class="stepper" aria-label="Steps">
        {steps.map((s, i) => <li key={s} aria-current={s === step ? 'step' : undefined} class={i < steps.indexOf(step) ? 'done' : ''}>{id && s !== 'ends' ? <a href={href('new-task', id, s)}>{names[s]}</a> : <span>{names[s]}</span>}</li>)}
      </ol>
      {!id ? <Ends /> : <Made id={id} step={step} />}
    </Page>
  );
}

function Ends() {
  const there = useLoad(async () => {
    const [endpoints, instances] = await Promise.all([
      all<Endpoint>('dms', 'DescribeEndpoints', 'Endpoints'),
      all<ReplicationInstance>('dms', 'DescribeReplicationInstances', 'ReplicationInstances'),
    ]);
    return { endpoints, instances };
  }, []);
  return <Loaded from={there}>{(t) => <EndsForm {...t} />}</Loaded>;
}

function EndsForm({ endpoints, instances }: { endpoints: Endpoint[]; instances: ReplicationInstance[] }) {
  const sources = endpoints.filter((e) => e.EndpointType?.toLowerCase() === 'source');
  const targets = endpoints.filter((e) => e.EndpointType?.toLowerCase() === 'target');
  const [name, setName] = useState('');
  const [type, setType] = useState('full-load-and-cdc');
  const [source, setSource] = useState(sources[0]?.EndpointArn ?? '');
  const [target, setTarget] = useState(targets[0]?.EndpointArn ?? '');
  const [instance, setInstance] = useState(instances[0]?.ReplicationInstanceArn ?? '');
  const [chosen, choose] = useState<string[]>([]);
  if (!sources.length || !targets.length || !instances.length) {
    return (
      <Empty title="Something is missing">
        <p>A task needs {[!sources.length && 'a source endpoint', !targets.length && 'a target endpoint', !instances.length && 'an instance'].filter(Boolean).join(', ')}.</p>
        <p><a href="#/endpoints">Endpoints</a> · <a href="#/instances">Instances</a></p>
      </Empty>
    );
  }
  const pairs = (list: Endpoint[]): [string, string][] => list.map((e) => [e.EndpointArn as string, `${e.EndpointIdentifier} (${e.EngineDisplayName ?? e.EngineName})`]);
  return (
    <Card>
      <Form label="Create and choose tables" said="The task is there. Nothing moves before you start it." done={(out: { ReplicationTask: ReplicationTask }) => go('new-task', idOf(out.ReplicationTask.ReplicationTaskArn), 'tables')}
        make={() => call('dms', 'CreateReplicationTask', {
          ReplicationTaskIdentifier: name, MigrationType: type, SourceEndpointArn: source, TargetEndpointArn: target, ReplicationInstanceArn: instance,
          TableMappings: write(ofSchemas(chosen.length ? chosen : ['%']).map((r) => (chosen.length ? r : { ...r, 'object-locator': { 'schema-name': '%', 'table-name': '%' } }))),
        })}>
        <div class="grid roomy">
          <Text label="Name" value={name} onChange={setName} required pattern="[A-Za-z][A-Za-z0-9\-]*" hint="Letters, digits and hyphens" />
          <Select label="What it does" value={type} onChange={setType} options={[['full-load-and-cdc', 'loads all, then follows changes'], ['full-load', 'loads all once'], ['cdc', 'follows changes alone']]} />
          <Select label="From" value={source} onChange={(s) => { setSource(s); choose([]); }} options={pairs(sources)} />
          <Select label="To" value={target} onChange={setTarget} options={pairs(targets)} />
          <Select label="On the instance" value={instance} onChange={setInstance} options={instances.map((i) => [i.ReplicationInstanceArn as string, `${i.ReplicationInstanceIdentifier} (${i.ReplicationInstanceClass})`])} />
        </div>
        <Schemas source={source} instance={instance} chosen={chosen} choose={choose} />
      </Form>
    </Card>
  );
}

interface Refresh {
  RefreshSchemasStatus: { Status?: string; LastFailureMessage?: string };
}

// Schemas asks the source for its schemas, and lets some be chosen.
function Schemas({ source, instance, chosen, choose }: { source: string; instance: string; chosen: string[]; choose: (s: string[]) => void }) {
  const [state, set] = useState<{ names?: string[]; problem?: Problem }>({});
  useEffect(() => {
    let live = true;
    set({});
    const look = async () => {
      await ask('dms', 'RefreshSchemas', { EndpointArn: source, ReplicationInstanceArn: instance });
      for (let status = 'refreshing'; live && status === 'refreshing';) {
        await new Promise((r) => setTimeout(r, 400));
        const { RefreshSchemasStatus: s } = await ask<Refresh>('dms', 'DescribeRefreshSchemasStatus', { EndpointArn: source });
        status = s.Status ?? '';
        if (status === 'failed') throw { name: 'RefreshFailed', message: s.LastFailureMessage, $metadata: { httpStatusCode: 400 } };
      }
      return all<string>('dms', 'DescribeSchemas', 'Schemas', { EndpointArn: source });
    };
    look().then((names) => live && set({ names }), (error) => live && set({ problem: problemOf(error) }));
    return () => {
      live = false;
    };
  }, [source, instance]);
  return (
    <fieldset>
      <legend>Schemas</legend>
      {state.problem && <Trouble problem={state.problem} />}
      {!state.names && !state.problem && <p class="waiting" role="status">Asking the source for its schemas…</p>}
      {state.names?.map((s) => <Check key={s} label={s} value={chosen.includes(s)} onChange={(on) => choose(on ? [...chosen, s] : chosen.filter((x) => x !== s))} />)}
      {state.names && <p class="hint">None ticked: all. Tables are chosen in the next step.</p>}
    </fieldset>
  );
}

function Made({ id, step }: { id: string; step: string }) {
  const arn = arnOf(id);
  const task = useLoad(() => taskOf(arn), [arn], 2500);
  return (
    <Loaded from={task}>
      {(t) => t.Status === 'creating' ? <p class="waiting" role="status">The task is being made…</p>
        : step === 'tables' ? <Tables task={t} /> : step === 'settings' ? <Settings task={t} /> : <Start task={t} />}
    </Loaded>
  );
}

function useSave(task: ReplicationTask, next: () => void) {
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const save = async (part: Record<string, unknown>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await ask('dms', 'ModifyReplicationTask', { ReplicationTaskArn: task.ReplicationTaskArn, ...part });
      next();
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  return { save, problem, busy };
}

function Tables({ task }: { task: ReplicationTask }) {
  const id = idOf(task.ReplicationTaskArn);
  const [document, setDocument] = useState(() => JSON.stringify(JSON.parse(task.TableMappings ?? '{}'), null, 2));
  const { save, problem, busy } = useSave(task, () => go('new-task', id, 'settings'));
  return (
    <Card>
      <MappingEditor arn={task.ReplicationTaskArn as string} value={document} onChange={setDocument} />
      {problem && <Trouble problem={problem} />}
      <div class="form-end">
        <span class="do primary">
          <button type="button" disabled={busy} onClick={() => save({ TableMappings: document })}>Save and go on</button>
          <CopyCommand name="save the mapping" of={() => call('dms', 'ModifyReplicationTask', { ReplicationTaskArn: task.ReplicationTaskArn, TableMappings: document })} />
        </span>
      </div>
    </Card>
  );
}

function Settings({ task }: { task: ReplicationTask }) {
  const id = idOf(task.ReplicationTaskArn);
  const [before] = useState(() => JSON.stringify(JSON.parse(task.ReplicationTaskSettings ?? '{}'), null, 2));
  const [{ document, touched }, setDocument] = useState({ document: before, touched: [] as string[] });
  const next = () => go('new-task', id, 'start');
  const { save, problem, busy } = useSave(task, next);
  const changed = check(document) ? document : changes(before, document, touched);
  return (
    <Card>
      <SettingsEditor value={document} onChange={(d, t) => setDocument({ document: d, touched: t })} />
      {problem && <Trouble problem={problem} />}
      <div class="form-end">
        <span class="do primary">
          <button type="button" disabled={busy} onClick={() => (changed === '{}' ? next() : save({ ReplicationTaskSettings: changed }))}>Save and go on</button>
          <CopyCommand name="save the settings" of={() => call('dms', 'ModifyReplicationTask', { ReplicationTaskArn: task.ReplicationTaskArn, ReplicationTaskSettings: changed })} />
        </span>
      </div>
    </Card>
  );
}

function Start({ task }: { task: ReplicationTask }) {
  const seen = useLoad(async () => {
    const [source, target] = await Promise.all([endpointOf(task.SourceEndpointArn), endpointOf(task.TargetEndpointArn)]);
    const tests = (await connectionsOf(task.ReplicationInstanceArn as string)).filter((c) => c.EndpointArn === source?.EndpointArn || c.EndpointArn === target?.EndpointArn);
    return { source, target, tests };
  }, [task.ReplicationTaskArn], 1500);
  const id = idOf(task.ReplicationTaskArn);
  const ready = (arn?: string) => seen.data?.tests.some((c) => c.EndpointArn === arn && c.Status === 'successful') ?? false;
  const both = ready(task.SourceEndpointArn) && ready(task.TargetEndpointArn);
  return (
    <Loaded from={seen}>
      {({ source, target, tests }) => (
        <>
          <div class="cols">
            {[source, target].map((e) => e && (
              <div key={e.EndpointArn}>
                <h2>{e.EndpointIdentifier} <span class="hint">{e.EndpointType?.toLowerCase()}</span></h2>
                <Test endpoint={e} connections={tests.filter((c) => c.EndpointArn === e.EndpointArn)} changed={seen.reload} instance={task.ReplicationInstanceArn} />
              </div>
            ))}
          </div>
          <Card title="Before the start">
            <Assessment task={task} />
          </Card>
          <Card title="Start">
            <p>{both ? 'Both ends can be reached.' : 'A task starts when the connections to both ends have been tested with success.'} The task is <Status value={task.Status} />.</p>
            <div class="form-end">
              <a class="button" href={href('tasks', id)}>Later</a>
              <Do label="Start the task" tone="primary" disabled={!both} why="Test both connections first" said="The task is starting." done={() => go('tasks', id)}
                make={() => call('dms', 'StartReplicationTask', { ReplicationTaskArn: task.ReplicationTaskArn, StartReplicationTaskType: 'start-replication' })} />
            </div>
          </Card>
        </>
      )}
    </Loaded>
  );
}
