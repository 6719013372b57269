import { useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import type { DMSEvent, EventSubscription, ReplicationInstance, ReplicationTask } from '../api/shown';
import { account, partition, region } from '../session';
import { Do, Form } from '../ui/act';
import { Card, Empty, Loaded, Page, Status } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Check, Select, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { Time } from '../ui/words';

export default function Subscriptions() {
  const [making, setMaking] = useState(false);
  const [open, setOpen] = useState<EventSubscription>();
  const subscriptions = useLoad(() => all<EventSubscription>('dms', 'DescribeEventSubscriptions', 'EventSubscriptionsList'), [], 8000);
  const events = useLoad(() => all<DMSEvent>('dms', 'DescribeEvents', 'Events', { Duration: 24 * 60 }), [], 8000);
  const make = <button type="button" class="primary" onClick={() => setMaking(true)}>New subscription</button>;
  return (
    <Page title="Event subscriptions" sub="Who hears of what happens to tasks and instances." actions={make}>
      <Loaded from={subscriptions}>
        {(rows) => (
          <Table label="subscriptions" dense rows={rows} empty={<Empty title="Nobody is told yet"><p>A subscription sends events to a topic. Where a topic leads is said when the server is started, with --event-webhook ARN=URL.</p>{make}</Empty>}
            columns={[
              { name: 'Name', value: (s) => s.CustSubscriptionId },
              { name: 'Status', value: (s) => (s.Enabled ? s.Status : 'disabled'), cell: (s) => <Status value={s.Enabled ? s.Status : 'disabled'} /> },
              { name: 'About', value: (s) => [s.SourceType, ...(s.SourceIdsList ?? [])].filter(Boolean).join(' ') || 'everything' },
              { name: 'Categories', value: (s) => s.EventCategoriesList?.join(', ') || 'all' },
              { name: 'Topic', value: (s) => s.SnsTopicArn },
              { name: '', value: () => '', cell: (s) => <Actions of={s} change={() => setOpen(s)} changed={subscriptions.reload} /> },
            ]} />
        )}
      </Loaded>
      <div class="after">
        <Card title="Events of the last day">
          <Loaded from={events}>
            {(rows) => (
              <Table label="events" rows={[...rows].reverse()} empty={<Empty title="Nothing has happened" />} columns={[
                { name: 'When', value: (e) => e.Date?.toISOString(), cell: (e) => <Time at={e.Date} /> },
                { name: 'Where', value: (e) => `${e.SourceType?.replace('replication-', '')} ${e.SourceIdentifier}` },
                { name: 'What', value: (e) => e.Message },
                { name: 'Categories', value: (e) => e.EventCategories?.join(', ') },
              ]} />
            )}
          </Loaded>
        </Card>
      </div>
      {making && <SubscriptionForm close={() => setMaking(false)} done={() => { setMaking(false); subscriptions.reload(); }} />}
      {open && <SubscriptionForm of={open} close={() => setOpen(undefined)} done={() => { setOpen(undefined); subscriptions.reload(); }} />}
    </Page>
  );
}

function Actions({ of: s, change, changed }: { of: EventSubscription; change: () => void; changed: () => void }) {
  return (
    <div class="row-actions">
      <button type="button" onClick={change}>Change</button>
      <Do label={s.Enabled ? 'Disable' : 'Enable'} done={changed} make={() => call('dms', 'ModifyEventSubscription', { SubscriptionName: s.CustSubscriptionId, Enabled: !s.Enabled })} />
      <Do label="Delete" tone="danger" done={changed} said="The subscription is gone." question={<p>Delete the subscription <b>{s.CustSubscriptionId}</b>?</p>} make={() => call('dms', 'DeleteEventSubscription', { SubscriptionName: s.CustSubscriptionId })} />
    </div>
  );
}

interface Categories {
  EventCategoryGroupList: { SourceType: string; EventCategories: string[] }[];
}

// sourcesOf are the names of all that events of a type can come from.
async function sourcesOf(type: string): Promise<string[]> {
  const names = type === 'replication-task'
    ? (await all<ReplicationTask>('dms', 'DescribeReplicationTasks', 'ReplicationTasks', { WithoutSettings: true })).map((t) => t.ReplicationTaskIdentifier)
    : (await all<ReplicationInstance>('dms', 'DescribeReplicationInstances', 'ReplicationInstances')).map((i) => i.ReplicationInstanceIdentifier);
  return names.filter((n) => n !== undefined);
}

// SubscriptionForm makes a subscription or changes one. What it is limited to is said when it is made, as the API has it.
function SubscriptionForm({ of, close, done }: { of?: EventSubscription; close: () => void; done: () => void }) {
  const groups = useLoad(() => ask<Categories>('dms', 'DescribeEventCategories'), []);
  const [name, setName] = useState('');
  const [topic, setTopic] = useState(of?.SnsTopicArn ?? `arn:${partition()}:sns:${region}:${account()}:`);
  const [type, setType] = useState(of?.SourceType || 'replication-task');
  const [chosen, choose] = useState<string[]>(of?.EventCategoriesList ?? []);
  const [limits, limit] = useState<string[]>([]);
  const [enabled, enable] = useState(of?.Enabled ?? true);
  const sources = useLoad(() => (of ? Promise.resolve([]) : sourcesOf(type)), [type]);
  const categories = groups.data?.EventCategoryGroupList.find((g) => g.SourceType === type)?.EventCategories ?? [];
  const toggle = (list: string[], item: string, on: boolean) => (on ? [...list, item] : list.filter((x) => x !== item));
  const make = () => (of
    ? call('dms', 'ModifyEventSubscription', { SubscriptionName: of.CustSubscriptionId, SnsTopicArn: topic, SourceType: type, EventCategories: chosen, Enabled: enabled })
    : call('dms', 'CreateEventSubscription', { SubscriptionName: name, SnsTopicArn: topic, SourceType: type, SourceIds: limits.length ? limits : undefined, EventCategories: chosen.length ? chosen : undefined, Enabled: enabled }));
  return (
    <Dialog title={of ? `Change ${of.CustSubscriptionId}` : 'New subscription'} onClose={close}>
      <Form label={of ? 'Save' : 'Create subscription'} cancel={close} done={done} said={of ? 'Saved.' : 'The subscription is there.'} make={make}>
        {!of && <Text label="Name" value={name} onChange={setName} required />}
        <Text label="Topic" value={topic} onChange={setTopic} required />
        <Check label="Enabled" value={enabled} onChange={enable} hint="Off, nobody is told until it is on again" />
        <Select label="About" value={type} onChange={(t) => { setType(t); choose([]); limit([]); }} disabled={!!of?.SourceIdsList?.length} options={[['replication-task', 'tasks'], ['replication-instance', 'instances']]} hint={of?.SourceIdsList?.length ? `Limited to ${of.SourceIdsList.join(', ')}` : undefined} />
        {(sources.data ?? []).length > 0 && (
          <fieldset>
            <legend>Which</legend>
            {sources.data?.map((n) => <Check key={n} label={n} value={limits.includes(n)} onChange={(on) => limit(toggle(limits, n, on))} />)}
            <p class="hint">None ticked: all, those to come as well</p>
          </fieldset>
        )}
        <fieldset>
          <legend>Categories</legend>
          {categories.map((c) => <Check key={c} label={c} value={chosen.includes(c)} onChange={(on) => choose(toggle(chosen, c, on))} />)}
          <p class="hint">None ticked: all</p>
        </fieldset>
      </Form>
    </Dialog>
  );
}
