import { useState } from 'preact/hooks';
import { all, call } from '../api/call';
import { CopyCommand } from '../ui/act';
import { Empty, Loaded, Page, Status } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Select, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { Time } from '../ui/words';

interface Entry {
  EventId: string;
  EventName: string;
  EventTime: Date;
  EventSource?: string;
  Username?: string;
  ReadOnly?: string;
  CloudTrailEvent?: string;
}

const attributes: [string, string][] = [['EventName', 'operation'], ['Username', 'user'], ['ResourceName', 'resource'], ['EventSource', 'service'], ['AccessKeyId', 'access key'], ['EventId', 'ID']];

// told takes from an entry's document what the list shows.
function told(e: Entry): { errorCode?: string; errorMessage?: string; sourceIPAddress?: string } {
  try {
    return JSON.parse(e.CloudTrailEvent ?? '{}');
  } catch {
    return {};
  }
}

export default function Trail() {
  const [what, setWhat] = useState('EventName');
  const [value, setValue] = useState('');
  const [reads, setReads] = useState('false');
  const [open, setOpen] = useState<Entry>();
  // One attribute at a time may be asked for, as in CloudTrail.
  const asked = value ? [{ AttributeKey: what, AttributeValue: value }] : reads ? [{ AttributeKey: 'ReadOnly', AttributeValue: reads }] : undefined;
  const input = { LookupAttributes: asked, MaxResults: 50 };
  const entries = useLoad(() => all<Entry>('cloudtrail', 'LookupEvents', 'Events', input, 200, 'NextToken'), [what, value, reads], 10_000);
  return (
    <Page title="Audit trail" sub="Every call of every service: who, what, from where, and whether it was allowed." actions={<CopyCommand name="look up events" of={() => call('cloudtrail', 'LookupEvents', input)} />}>
      <div class="line">
        <Select label="Calls" value={reads} onChange={(r) => { setReads(r); setValue(''); }} options={[['false', 'that change something'], ['true', 'that only read']]} none="all" />
        <Select label="Look for" value={what} onChange={setWhat} options={attributes} />
        <Text label="Which is" value={value} onChange={setValue} type="search" placeholder={what === 'EventName' ? 'CreateEndpoint' : ''} />
      </div>
      <Loaded from={entries}>
        {(rows) => (
          <Table label="calls" rows={rows} empty={<Empty title="No call fits" />} columns={[
            { name: 'When', value: (e) => e.EventTime.toISOString(), cell: (e) => <Time at={e.EventTime} /> },
            { name: 'Who', value: (e) => e.Username },
            { name: 'What', value: (e) => `${e.EventSource?.split('.')[0]}:${e.EventName}` },
            { name: 'From', value: (e) => told(e).sourceIPAddress },
            { name: 'Answer', value: (e) => told(e).errorCode ?? 'ok', cell: (e) => <Status value={told(e).errorCode ?? 'ok'} /> },
            { name: '', value: () => '', cell: (e) => <div class="row-actions"><button type="button" onClick={() => setOpen(e)}>Details</button></div> },
          ]} />
        )}
      </Loaded>
      {open && <Dialog title={open.EventName} onClose={() => setOpen(undefined)} wide><pre tabIndex={0}>{JSON.stringify(told(open), null, 2)}</pre></Dialog>}
    </Page>
  );
}
