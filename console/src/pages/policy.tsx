// A policy's document: read, and, where it can be saved, written.
import { useState } from 'preact/hooks';
import { ask, type Call } from '../api/call';
import { Form } from '../ui/act';
import { Loaded } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Area, Text } from '../ui/field';
import { useLoad } from '../ui/load';

// starter is what a new policy begins with.
export const starter = () => Promise.resolve(tidy('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dms:Describe*","dms:List*"],"Resource":"*"}]}'));

const tidy = (document: string) => {
  const text = document.startsWith('%') ? decodeURIComponent(document) : document;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

// versionOf reads a version of a managed policy, the default one if none is named.
export async function versionOf(arn: string, version?: string): Promise<string> {
  const id = version ?? (await ask<{ Policy: { DefaultVersionId: string } }>('iam', 'GetPolicy', { PolicyArn: arn })).Policy.DefaultVersionId;
  return tidy((await ask<{ PolicyVersion: { Document: string } }>('iam', 'GetPolicyVersion', { PolicyArn: arn, VersionId: id })).PolicyVersion.Document);
}

// inlineOf reads a policy that is of one user or group alone.
export const inlineOf = async (operation: string, input: Record<string, string>) => tidy((await ask<{ PolicyDocument: string }>('iam', operation, input)).PolicyDocument);

// keyPolicyOf reads the policy of a key. There is one, and it has a name that AWS has given it.
export const keyPolicyOf = async (KeyId: string) => tidy((await ask<{ Policy: string }>('kms', 'GetKeyPolicy', { KeyId, PolicyName: 'default' })).Policy);

interface Editing {
  make: (document: string, name: string) => Call;
  name?: string; // it is new, and may be called so
  close: () => void;
}

export function PolicyDialog({ title, read, make, name, close }: { title: string; read: () => Promise<string>; close: () => void } & Partial<Editing>) {
  const document = useLoad(read, []);
  return (
    <Dialog title={title} onClose={close} wide>
      <Loaded from={document}>{(d) => (make ? <Editor document={d} make={make} name={name} close={close} /> : <pre tabIndex={0}>{d}</pre>)}</Loaded>
    </Dialog>
  );
}

function Editor({ document, make, name: first, close }: { document: string } & Editing) {
  const [name, setName] = useState(first ?? '');
  const [text, setText] = useState(document);
  let wrong: string | undefined;
  try {
    if (text) JSON.parse(text);
  } catch (error) {
    wrong = (error as Error).message;
  }
  return (
    <Form label="Save policy" cancel={close} done={close} said="Saved." make={() => make(text, name)}>
      {first !== undefined && <Text label="Name" value={name} onChange={setName} required pattern="[\w+=,.@\-]+" />}
      <Area label="Document" code rows={16} value={text} onChange={setText} required wrong={wrong} />
    </Form>
  );
}
