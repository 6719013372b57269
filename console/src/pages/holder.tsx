// What a user or a group may do: the managed policies that are attached to it, and those of its own.
import { useState } from 'preact/hooks';
import { all, call } from '../api/call';
import { href } from '../route';
import { Do } from '../ui/act';
import { Card, Empty, Loaded } from '../ui/basics';
import { useLoad } from '../ui/load';
import { Table } from '../ui/table';
import { inlineOf, PolicyDialog, starter } from './policy';

export interface Named {
  PolicyName: string;
  PolicyArn?: string;
  Arn?: string;
}

export const holders = {
  User: { name: 'UserName', attach: 'AttachUserPolicy', detach: 'DetachUserPolicy', put: 'PutUserPolicy', get: 'GetUserPolicy', remove: 'DeleteUserPolicy', attached: 'ListAttachedUserPolicies', inline: 'ListUserPolicies' },
  Group: { name: 'GroupName', attach: 'AttachGroupPolicy', detach: 'DetachGroupPolicy', put: 'PutGroupPolicy', get: 'GetGroupPolicy', remove: 'DeleteGroupPolicy', attached: 'ListAttachedGroupPolicies', inline: 'ListGroupPolicies' },
};

export function PoliciesOf({ kind, name }: { kind: keyof typeof holders; name: string }) {
  const of = holders[kind];
  const one = { [of.name]: name };
  const [writing, write] = useState<string>(); // the policy's name, '' if it is new
  const [attach, setAttach] = useState('');
  const held = useLoad(async () => {
    const [attached, inline] = await Promise.all([all<Named>('iam', of.attached, 'AttachedPolicies', one), all<string>('iam', of.inline, 'PolicyNames', one)]);
    return [...attached, ...inline.map((n): Named => ({ PolicyName: n }))];
  }, [name]);
  const policies = useLoad(() => all<Named>('iam', 'ListPolicies', 'Policies'), []);
  return (
    <Card title="Policies" actions={(
      <>
        <input class="short" aria-label="Policy to attach" placeholder="ARN of a policy" list="policies" value={attach} onInput={(e) => setAttach(e.currentTarget.value)} />
        <datalist id="policies">{(policies.data ?? []).map((p) => <option key={p.Arn} value={p.Arn}>{p.PolicyName}</option>)}</datalist>
        <Do label="Attach" disabled={!attach} make={() => call('iam', of.attach, { ...one, PolicyArn: attach })} done={held.reload} said="Attached." />
        <button type="button" onClick={() => write('')}>Write one</button>
      </>
    )}>
      <Loaded from={held}>
        {(rows) => (
          <Table label="policies" filter={false} rows={rows} empty={<Empty title={`No policy: this ${kind.toLowerCase()} may do nothing`} />} columns={[
            { name: 'Name', value: (p) => p.PolicyName, cell: (p) => (p.PolicyArn ? <a href={href('users', 'policy', p.PolicyArn)}>{p.PolicyName}</a> : <button type="button" class="link" onClick={() => write(p.PolicyName)}>{p.PolicyName}</button>) },
            { name: 'Kind', value: (p) => (p.PolicyArn ? 'attached' : `of the ${kind.toLowerCase()} alone`) },
            { name: '', value: () => '', cell: (p) => (
              <div class="row-actions">
                {p.PolicyArn ? <Do label="Detach" make={() => call('iam', of.detach, { ...one, PolicyArn: p.PolicyArn })} done={held.reload} said="Detached." />
                  : <Do label="Delete" tone="danger" make={() => call('iam', of.remove, { ...one, PolicyName: p.PolicyName })} done={held.reload} said="The policy is gone." question={<p>Delete the policy <b>{p.PolicyName}</b>?</p>} />}
              </div>
            ) },
          ]} />
        )}
      </Loaded>
      {writing !== undefined && (
        <PolicyDialog title={writing || 'A policy of its own'} name={writing ? undefined : 'console'} close={() => { write(undefined); held.reload(); }}
          read={() => (writing ? inlineOf(of.get, { ...one, PolicyName: writing }) : starter())} make={(document, named) => call('iam', of.put, { ...one, PolicyName: writing || named, PolicyDocument: document })} />
      )}
    </Card>
  );
}
