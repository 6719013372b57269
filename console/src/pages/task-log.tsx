// A task's log in CloudWatch Logs: the group of its instance, the stream of its own.
import { useState } from 'preact/hooks';
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

async function tail(task: ReplicationTask, pattern: string): Promise<LogEvent[]> {
  const of = await ask<{ ReplicationInstances: ReplicationInstance[] }>('dms', 'DescribeReplicationInstances', { Filters: [{ Name: 'replication-instance-arn', Values: [task.ReplicationInstanceArn] }] });
  const input = { logGroupName: `dms-tasks-${of.ReplicationInstances[0]?.ReplicationInstanceIdentifier}`, logStreamName: `dms-task-${idOf(task.ReplicationTaskArn)}` };
  if (!pattern) {
    const out = await ask<{ events?: LogEvent[] }>('logs', 'GetLogEvents', { ...input, limit: most, startFromHead: false });
    return out.events ?? [];
  }
  const events: LogEvent[] = [];
  let nextToken: string | undefined;
  do {
    const out: { events?: LogEvent[]; nextToken?: string } = await ask('logs', 'FilterLogEvents', { logGroupName: input.logGroupName, logStreamNames: [input.logStreamName], filterPattern: pattern, nextToken });
    events.push(...(out.events ?? []));
    nextToken = out.nextToken;
  } while (nextToken && events.length < most);
  return events.slice(-most);
}

export function Log({ task }: { task: ReplicationTask }) {
  const [find, setFind] = useState('');
  const [follow, setFollow] = useState(true);
  // A word that is not a pattern already is looked for as it is.
  const pattern = !find || /^[{["?]/.test(find) ? find : `"${find.replaceAll('"', '\\"')}"`;
  const events = useLoad(() => tail(task, pattern), [task.ReplicationTaskArn, pattern], follow ? 2000 : 0);
  return (
    <>
      <div class="line">
        <Text label="Search" value={find} onChange={setFind} type="search" placeholder="a word, or a filter pattern of CloudWatch Logs" />
        <Check label="Follow" value={follow} onChange={setFollow} />
      </div>
      <Loaded from={events}>
        {(lines) => lines.length ? (
          <ol class="log" tabIndex={0} aria-label="Log, the newest first">
            {[...lines].reverse().map((e, i) => <li key={e.eventId ?? i} class={/\]E:/.test(e.message ?? '') ? 'bad' : /\]W:/.test(e.message ?? '') ? 'warn' : ''}><Time at={e.timestamp && e.timestamp / 1000} /> <span>{e.message}</span></li>)}
          </ol>
        ) : <Empty title={find ? 'Nothing is found' : 'The log is empty'}><p>{find ? 'Search minds case.' : 'A task writes its log while it runs.'}</p></Empty>}
      </Loaded>
    </>
  );
}

const grave = /\][WE]:/;

// LastWords are the last lines of the log that warn or tell of errors, where something is not as it should be.
export function LastWords({ task }: { task: ReplicationTask }) {
  const lines = useLoad(async () => (await tail(task, '')).filter((e) => grave.test(e.message ?? '')).slice(-3), [task.ReplicationTaskArn], 3000);
  if (!lines.data?.length) return null;
  return <ul class="words">{lines.data.map((e, i) => <li key={e.eventId ?? i}><Time at={e.timestamp && e.timestamp / 1000} /> {e.message?.replace(/^.*?\][WE]:\s*/, '')}</li>)}</ul>;
}
