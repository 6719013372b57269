// A task's log in CloudWatch Logs: the group of its instance, the stream of its own.
import { useMemo, useState } from 'preact/hooks';
import { ask } from '../api/call';
import type { ReplicationInstance, ReplicationTask } from '../api/shown';
import { Empty, Loaded } from '../ui/basics';
import { Check, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { idOf, Time } from '../ui/words';

interface LogEvent {
  eventId?: string;
  timestamp?: number;
  message?: string;
}

const most = 500; // events on the page

// reader reads a task's log, and finds out once where it is.
function reader(task: ReplicationTask) {
  let found: Promise<{ logGroupName: string; logStreamName: string }> | undefined;
  const place = () => (found ??= placeOf(task).catch((e) => { found = undefined; throw e; }));
  const last = async (limit: number, startTime?: number) => (await ask<{ events?: LogEvent[] }>('logs', 'GetLogEvents', { ...await place(), limit, startTime, startFromHead: false })).events ?? [];

  // search makes a search, which is done again and again: each goes on where the log ended the time before.
  function search(filterPattern: string) {
    let matches = new Map<string, LogEvent>(); // the latest, the newest last
    let startTime: number | undefined;
    return async () => {
      const { logGroupName, logStreamName } = await place();
      const end = (await last(1, startTime))[0]?.timestamp;
      const now = new Map(matches);
      let nextToken: string | undefined;
      do {
        // Events come forwards: those that are wanted are the last ones.
        const out: { events?: LogEvent[]; nextToken?: string } = await ask('logs', 'FilterLogEvents', { logGroupName, logStreamNames: [logStreamName], filterPattern, startTime, nextToken });
        for (const e of out.events ?? []) {
          now.delete(e.eventId ?? ''); // one that was seen before takes its place among those of its moment
          now.set(e.eventId ?? '', e);
        }
        for (const id of now.keys()) {
          if (now.size <= most) break;
          now.delete(id);
        }
        nextToken = out.nextToken;
      } while (nextToken);
      matches = now;
      startTime = end ?? startTime;
      return [...matches.values()];
    };
  }
  return { tail: () => last(most), search };
}

async function placeOf(task: ReplicationTask) {
  const of = await ask<{ ReplicationInstances: ReplicationInstance[] }>('dms', 'DescribeReplicationInstances', { Filters: [{ Name: 'replication-instance-arn', Values: [task.ReplicationInstanceArn] }] });
  return { logGroupName: `dms-tasks-${of.ReplicationInstances[0]?.ReplicationInstanceIdentifier}`, logStreamName: `dms-task-${idOf(task.ReplicationTaskArn)}` };
}

const useReader = (task: ReplicationTask) => useMemo(() => reader(task), [task.ReplicationTaskArn, task.ReplicationInstanceArn]);

export function Log({ task }: { task: ReplicationTask }) {
  const [find, setFind] = useState('');
  const [follow, setFollow] = useState(true);
  // A word that is not a pattern already is looked for as it is.
  const pattern = !find || /^[{["?]/.test(find) ? find : `"${find.replaceAll('"', '\\"')}"`;
  const log = useReader(task);
  const read = useMemo(() => (pattern ? log.search(pattern) : log.tail), [log, pattern]);
  const events = useLoad(read, [read], follow ? 2000 : 0);
  return (
    <>
      <div class="line search">
        <Text label="Search" value={find} onChange={setFind} type="search" placeholder="a word, or a filter pattern" />
        <Check label="Follow" value={follow} onChange={setFollow} />
      </div>
      <Loaded from={events}>
        {(lines) => lines.length ? (
          <ol class="log" tabIndex={0} aria-label="Log, the newest first">
            {[...lines].reverse().map((e, i) => <li key={e.eventId ?? i} class={/\]E:/.test(e.message ?? '') ? 'bad' : /\]W:/.test(e.message ?? '') ? 'warn' : ''}><Time at={e.timestamp && e.timestamp / 1000} /> <span>{e.message?.replace(/^\d{4}-\d\d-\d\dT\S+ /, '')}</span></li>)}
          </ol>
        ) : <Empty title={find ? 'Nothing is found' : 'The log is empty'}><p>{find ? 'Search minds case.' : 'A task writes its log while it runs.'}</p></Empty>}
      </Loaded>
    </>
  );
}

const grave = /\][WE]:/;

// LastWords are the last lines of the log that warn or tell of errors, where something is not as it should be.
export function LastWords({ task }: { task: ReplicationTask }) {
  const log = useReader(task);
  const lines = useLoad(async () => (await log.tail()).filter((e) => grave.test(e.message ?? '')).slice(-3), [log], 3000);
  if (!lines.data?.length) return null;
  return <ul class="words">{lines.data.map((e, i) => <li key={e.eventId ?? i}><Time at={e.timestamp && e.timestamp / 1000} /> {e.message?.replace(/^.*?\][WE]:\s*/, '')}</li>)}</ul>;
}
