import { useState } from 'preact/hooks';
import { all, ask, call } from '../api/call';
import type { DMSEvent, EventSubscription } from '../api/shown';
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
  const subscriptions = useLoad(() => all<EventSubscription>('dms', 'DescribeEventSubscriptions', 'EventSubscriptionsList'), [], 8000);
  const events = useLoad(() => all<DMSEvent>('dms', 'DescribeEvents', 'Events', { Duration: 24 * 60 }), [], 8000);
  const make = <button type="button" class="primary" onClick={() => setMaking(true)}>New subscription</button>;
  return (
    <Page title="Event subscriptions" sub="Who hears of what happens to tasks and instances." actions={make}>
      <Loaded from={subscriptions}>
        {(rows) => (
          <Table label="subscriptions" rows={rows} empty={<Empty title="Nobody is told yet"><p>A subscription sends events to a topic. Where a topic leads is said when the server is started, with --event-webhook ARN=URL.</p>{make}</Empty>}
            columns={[
              { name: 'Name', value: (s) => s.CustSubscriptionId },
              { name: 'Status', value: (s) => s.Status, cell: (s) => <Status value={s.Status} /> },
              { name: 'About', value: (s) => [s.SourceType, ...(s.SourceIdsList ?? [])].filter(Boolean).join(' ') || 'everything' },
              { name: 'Categories', value: (s) => s.EventCategoriesList?.join(', ') || 'all' },
              { name: 'Topic', value: (s) => s.SnsTopicArn },
              { name: '', value: () => '', cell: (s) => <div class="row-actions"><Do label="Delete" tone="danger" done={subscriptions.reload} said="The subscription is gone." question={<p>Delete the subscription <b>{s.CustSubscriptionId}</b>?</p>} make={() => call('dms', 'DeleteEventSubscription', { SubscriptionName: s.CustSubscriptionId })} /></div> },
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
      {making && <NewSubscription close={() => setMaking(false)} made={() => { setMaking(false); subscriptions.reload(); }} />}
    </Page>
  );
}

interface Categories {
  EventCategoryGroupList: { SourceType: string; EventCategories: string[] }[];
}

function NewSubscription({ close, made }: { close: () => void; made: () => void }) {
  const groups = useLoad(() => ask<Categories>('dms', 'DescribeEventCategories'), []);
  const [name, setName] = useState('');
  const [topic, setTopic] = useState(`arn:${partition()}:sns:${region}:${account()}:`);
  const [type, setType] = useState('replication-task');
  const [chosen, choose] = useState<string[]>([]);
  const categories = groups.data?.EventCategoryGroupList.find((g) => g.SourceType === type)?.EventCategories ?? [];
  return (
    <Dialog title="New subscription" onClose={close}>
      <Form label="Create subscription" cancel={close} done={made} said="The subscription is there."
        make={() => call('dms', 'CreateEventSubscription', { SubscriptionName: name, SnsTopicArn: topic, SourceType: type, EventCategories: chosen.length ? chosen : undefined, Enabled: true })}>
        <Text label="Name" value={name} onChange={setName} required />
        <Text label="Topic" value={topic} onChange={setTopic} required />
        <Select label="About" value={type} onChange={(t) => { setType(t); choose([]); }} options={[['replication-task', 'tasks'], ['replication-instance', 'instances']]} />
        <fieldset>
          <legend>Categories</legend>
          {categories.map((c) => <Check key={c} label={c} value={chosen.includes(c)} onChange={(on) => choose(on ? [...chosen, c] : chosen.filter((x) => x !== c))} />)}
          <p class="hint">None ticked: all</p>
        </fieldset>
      </Form>
    </Dialog>
  );
}
