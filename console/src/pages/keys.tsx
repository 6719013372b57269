import { useState } from 'preact/hooks';
import { ask, call, send } from '../api/call';
import { answerOf, commandOf } from '../api/command';
import { problemOf } from '../api/problem';
import { Do, Form } from '../ui/act';
import { Empty, Loaded, Page, Status } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { say } from '../ui/toast';
import { Time } from '../ui/words';
import { keyPolicyOf, PolicyDialog } from './policy';

interface Key {
  KeyId: string;
  Arn: string;
  Description?: string;
  KeyState?: string;
  KeyManager?: string;
  CreationDate?: Date;
  DeletionDate?: Date;
  aliases: string[];
}

async function read(): Promise<Key[]> {
  const [{ Keys }, { Aliases }] = await Promise.all([
    ask<{ Keys?: { KeyId: string }[] }>('kms', 'ListKeys', { Limit: 500 }),
    ask<{ Aliases?: { AliasName: string; TargetKeyId?: string }[] }>('kms', 'ListAliases', { Limit: 100 }),
  ]);
  return Promise.all((Keys ?? []).map(async ({ KeyId }) => {
    const aliases = (Aliases ?? []).filter((a) => a.TargetKeyId === KeyId).map((a) => a.AliasName);
    try {
      const { KeyMetadata } = await ask<{ KeyMetadata: Key }>('kms', 'DescribeKey', { KeyId });
      return { ...KeyMetadata, aliases };
    } catch {
      return { KeyId, Arn: '', KeyState: 'no permission to look', aliases }; // its own policy may forbid what the list allows
    }
  }));
}

export default function Keys() {
  const [making, setMaking] = useState(false);
  const [open, setOpen] = useState<Key>(); // its policy is
  const keys = useLoad(read, [], 8000);
  const make = <button type="button" class="primary" onClick={() => setMaking(true)}>New key</button>;
  return (
    <Page title="Keys" sub="Passwords and certificates of endpoints are sealed under these keys of KMS." actions={make}>
      <Loaded from={keys}>
        {(rows) => (
          <Table label="keys" dense rows={rows} empty={<Empty title="There is no key yet"><p>The key alias/aws/dms is made when an endpoint first keeps a password. Make one of your own to decide who may use it.</p>{make}</Empty>}
            columns={[
              { name: 'Key', value: (k) => `${k.KeyId} ${k.Description ?? ''}`, cell: (k) => <><code>{k.KeyId}</code>{k.Description && <small class="hint">{k.Description}</small>}</> },
              { name: 'Aliases', value: (k) => k.aliases.join(', ') },
              { name: 'State', value: (k) => k.KeyState, cell: (k) => <><Status value={k.KeyState} />{k.DeletionDate && <> until <Time at={k.DeletionDate} /></>}</> },
              { name: 'Managed by', value: (k) => k.KeyManager?.toLowerCase() },
              { name: 'Made', value: (k) => k.CreationDate?.toISOString(), cell: (k) => <Time at={k.CreationDate} /> },
              { name: '', value: () => '', cell: (k) => (
                <div class="row-actions">
                  <button type="button" onClick={() => setOpen(k)}>Policy</button>
                  {k.KeyManager === 'CUSTOMER' && <Actions of={k} changed={keys.reload} />}
                </div>
              ) },
            ]} />
        )}
      </Loaded>
      {open && <PolicyOf of={open} close={() => setOpen(undefined)} />}
      {making && <NewKey close={() => setMaking(false)} made={() => { setMaking(false); keys.reload(); }} />}
    </Page>
  );
}

function Actions({ of: k, changed }: { of: Key; changed: () => void }) {
  const one = { KeyId: k.KeyId };
  return (
    <>
      {k.KeyState === 'Enabled' && <Do label="Rotate" make={() => call('kms', 'RotateKeyOnDemand', one)} done={changed} said="The key has new material." question={<p>Give the key new material? What is sealed already can still be opened.</p>} />}
      {k.KeyState === 'Enabled' && <Do label="Disable" make={() => call('kms', 'DisableKey', one)} done={changed} said="The key is disabled." question={<p>Disable the key? Endpoints whose passwords are sealed under it cannot connect while it is.</p>} />}
      {k.KeyState === 'Disabled' && <Do label="Enable" make={() => call('kms', 'EnableKey', one)} done={changed} said="The key is enabled." />}
      {k.KeyState === 'PendingDeletion'
        ? <Do label="Keep it" make={() => call('kms', 'CancelKeyDeletion', one)} done={changed} said="The key stays, disabled." />
        : <Do label="Delete" tone="danger" make={() => call('kms', 'ScheduleKeyDeletion', { ...one, PendingWindowInDays: 30 })} done={changed} said="The key is deleted in 30 days." question={<p>Delete the key in 30 days? What is sealed under it is lost then. Until that day it can be kept.</p>} />}
    </>
  );
}

// PolicyOf shows a key's policy. That of a key which a service manages is not for others to change.
function PolicyOf({ of: k, close }: { of: Key; close: () => void }) {
  const put = (document: string) => call('kms', 'PutKeyPolicy', { KeyId: k.KeyId, PolicyName: 'default', Policy: document });
  return <PolicyDialog title={`Policy of ${k.aliases[0] ?? k.KeyId}`} read={() => keyPolicyOf(k.KeyId)} make={k.KeyManager === 'AWS' ? undefined : put} close={close} />;
}

function NewKey({ close, made }: { close: () => void; made: () => void }) {
  const [alias, setAlias] = useState('');
  const [text, setText] = useState('');
  const create = () => call('kms', 'CreateKey', { Description: text || undefined });
  const naming = (id: unknown) => call('kms', 'CreateAlias', { AliasName: `alias/${alias}`, TargetKeyId: id });
  const name = async (out: { KeyMetadata: Key }) => {
    if (alias) await send(naming(out.KeyMetadata.KeyId)).catch((error) => say(`The key is there, without its alias: ${problemOf(error).message}`));
    made();
  };
  return (
    <Dialog title="New key" onClose={close}>
      <Form label="Create key" cancel={close} done={name} said="The key is there." make={create}
        command={() => commandOf(alias ? naming(answerOf(create(), 'KeyMetadata.KeyId')) : create())}>
        <Text label="Alias" value={alias} onChange={setAlias} pattern="[a-zA-Z0-9\/_\-]+" hint="Its name: alias/…" />
        <Text label="Description" value={text} onChange={setText} />
      </Form>
    </Dialog>
  );
}
