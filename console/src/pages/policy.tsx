// A policy's document: read, or, if it is of one user alone, written.
import { useEffect, useState } from 'preact/hooks';
import { ask, call } from '../api/call';
import { Form } from '../ui/act';
import { Loaded } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Area, Text } from '../ui/field';
import { useLoad } from '../ui/load';

const starter = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['dms:Describe*', 'dms:List*'], Resource: '*' }] }, null, 2);

const tidy = (document: string) => {
  const text = document.startsWith('%') ? decodeURIComponent(document) : document;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

async function read(arn?: string, user?: string, inline?: string): Promise<string> {
  if (user) {
    if (!inline) return starter;
    return tidy((await ask<{ PolicyDocument: string }>('iam', 'GetUserPolicy', { UserName: user, PolicyName: inline })).PolicyDocument);
  }
  const { Policy } = await ask<{ Policy: { DefaultVersionId: string } }>('iam', 'GetPolicy', { PolicyArn: arn });
  const { PolicyVersion } = await ask<{ PolicyVersion: { Document: string } }>('iam', 'GetPolicyVersion', { PolicyArn: arn, VersionId: Policy.DefaultVersionId });
  return tidy(PolicyVersion.Document);
}

export function PolicyDialog({ title, arn, user, inline, close }: { title: string; arn?: string; user?: string; inline?: string; close: () => void }) {
  const document = useLoad(() => read(arn, user, inline), [arn, user, inline]);
  const [name, setName] = useState(inline || 'console');
  const [text, setText] = useState('');
  useEffect(() => setText(document.data ?? ''), [document.data]);
  let wrong: string | undefined;
  try {
    if (text) JSON.parse(text);
  } catch (error) {
    wrong = (error as Error).message;
  }
  return (
    <Dialog title={title} onClose={close} wide>
      <Loaded from={document}>
        {(d) => user ? (
          <Form label="Save policy" cancel={close} done={close} said="Saved." make={() => call('iam', 'PutUserPolicy', { UserName: user, PolicyName: name, PolicyDocument: text })}>
            {!inline && <Text label="Name" value={name} onChange={setName} required />}
            <Area label="Document" code rows={16} value={text} onChange={setText} required wrong={wrong} />
          </Form>
        ) : <pre tabIndex={0}>{d}</pre>}
      </Loaded>
    </Dialog>
  );
}
