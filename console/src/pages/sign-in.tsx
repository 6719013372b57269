import { useState } from 'preact/hooks';
import { call, sendAs } from '../api/call';
import { problemOf, signatureRefused, type Problem } from '../api/problem';
import { Logo } from '../frame';
import { begin, region, whyEnded, type Credentials } from '../session';
import { Trouble } from '../ui/basics';
import { Check, Select, Text } from '../ui/field';

interface Made {
  Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string; Expiration: Date };
}

type Way = 'key' | 'session' | 'role';

// credentialsFor swaps the key for a short session when that is asked for, so that the key itself is let go.
async function credentialsFor(key: Credentials, way: Way, role: string): Promise<Credentials> {
  if (way === 'key') return key;
  const c = way === 'role'
    ? call('sts', 'AssumeRole', { RoleArn: role, RoleSessionName: 'console' })
    : call('sts', 'GetSessionToken');
  const { Credentials: k } = await sendAs<Made>(key, c);
  return { accessKeyId: k.AccessKeyId, secretAccessKey: k.SecretAccessKey, sessionToken: k.SessionToken, expires: k.Expiration };
}

export function SignIn() {
  const [id, setID] = useState('');
  const [secret, setSecret] = useState('');
  const [token, setToken] = useState('');
  const [temporary, setTemporary] = useState(false);
  const [way, setWay] = useState<Way>('key');
  const [role, setRole] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const ended = whyEnded();

  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const key = { accessKeyId: id.trim(), secretAccessKey: secret.trim(), sessionToken: temporary ? token.trim() : undefined };
      const credentials = await credentialsFor(key, way, role.trim());
      const who = await sendAs<{ Arn: string; Account: string; UserId: string }>(credentials, call('sts', 'GetCallerIdentity'));
      begin({ credentials, identity: { arn: who.Arn, account: who.Account, userId: who.UserId } });
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };

  return (
    <main class="sign-in">
      <form onSubmit={submit}>
        <h1><Logo />Whimbrel</h1>
        <p class="sub">Database migration, {region}</p>
        {ended && !problem && <p class="note" role="status">{ended}</p>}
        <Text label="Access key ID" value={id} onChange={setID} required autoComplete="username" placeholder="AKIA…" />
        <Text label="Secret access key" type="password" value={secret} onChange={setSecret} required autoComplete="current-password" />
        <Check label="The key is of a temporary session" value={temporary} onChange={setTemporary} />
        {temporary && <Text label="Session token" type="password" value={token} onChange={setToken} required />}
        <Select label="Sign in as" value={way} onChange={(v) => setWay(v as Way)} options={[['key', 'the holder of the key'], ['session', 'a 12-hour session of the holder'], ['role', 'a role, by AssumeRole']]}
          hint={way === 'session' ? 'The key is forgotten at once. Users and policies cannot be managed from such a session, as in AWS.' : undefined} />
        {way === 'role' && <Text label="Role" value={role} onChange={setRole} required placeholder="arn:aws:iam::123456789012:role/operator" />}
        {problem && <Trouble problem={problem} />}
        {problem && signatureRefused(problem) && <p class="hint">Is the key complete, and is it one of this server? The clock of this computer must be right to within minutes.</p>}
        <button type="submit" class="primary" disabled={busy}>{busy ? 'Signing in…' : 'Sign in'}</button>
        <p class="hint">The key stays in the memory of this tab: it signs calls here and is sent nowhere. The first administrator's key is in the file <code>credentials</code> of the server's data directory.</p>
      </form>
    </main>
  );
}
