// The form of an endpoint: what every engine needs, and the settings that the server says this engine has.
import { useState } from 'preact/hooks';
import { all, call, type Call } from '../api/call';
import type { Certificate, Endpoint, EndpointSetting, SupportedEndpointType } from '../api/shown';
import { Form } from '../ui/act';
import { Loaded } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Area, Select, Text } from '../ui/field';
import { useLoad } from '../ui/load';
import { hasBucket, hasDatabase, hasServer, inputOf, needsDatabase, outside, ports, valuesOf, type Values } from './endpoint-values';

export function EndpointForm({ of, type, close, done }: { of?: Endpoint; type?: 'source' | 'target'; close: () => void; done: (e: Endpoint) => void }) {
  const [v, set] = useState<Values>(() => ({ ...valuesOf(of), ...(type && { type }) }));
  const types = useLoad(() => all<SupportedEndpointType>('dms', 'DescribeEndpointTypes', 'SupportedEndpointTypes'), []);
  const settings = useLoad(() => all<EndpointSetting>('dms', 'DescribeEndpointSettings', 'EndpointSettings', { EngineName: v.engine }), [v.engine]);
  const change = (part: Partial<Values>) => set((before) => ({ ...before, ...part }));
  const fit = (settings.data ?? []).filter((s) => s.Applicability === 'both' || s.Applicability === v.type);
  const make = (): Call => (of
    ? call('dms', 'ModifyEndpoint', { EndpointArn: of.EndpointArn, ...inputOf(v, fit, true) })
    : call('dms', 'CreateEndpoint', { EndpointType: v.type, ...inputOf(v, fit, false), KmsKeyId: v.key || undefined }));
  const engines = (types.data ?? []).filter((t) => t.EndpointType?.toLowerCase() === v.type);
  return (
    <Dialog title={of ? `Change ${of.EndpointIdentifier}` : 'New endpoint'} onClose={close} wide>
      <Form label={of ? 'Save' : 'Create endpoint'} make={make} cancel={close} said={of ? 'Saved. Its connections are tested anew.' : 'The endpoint is there. Test it now.'} done={(out: { Endpoint: Endpoint }) => done(out.Endpoint)}>
        <Loaded from={types}>
          {() => (
            <div class="grid">
              <Select label="Rows" value={v.type} onChange={(t) => change({ type: t })} options={[['source', 'come from here (source)'], ['target', 'go here (target)']]} disabled={!!of || !!type} />
              <Select label="Engine" value={v.engine} onChange={(engine) => change({ engine, port: '', settings: {} })} options={engines.map((t) => [t.EngineName as string, t.EngineDisplayName as string])} />
              <Text label="Name" value={v.name} onChange={(name) => change({ name })} required pattern="[A-Za-z][A-Za-z0-9\-]*" hint="Letters, digits and hyphens" />
              {hasServer(v.engine) && <Login v={v} change={change} of={of} />}
              {hasDatabase(v.engine) && (
                <Text label={v.engine === 'sqlite' ? 'File' : 'Database'} value={v.database} onChange={(database) => change({ database })} required={needsDatabase(v.engine)}
                  hint={v.engine === 'sqlite' ? 'In the folder that the server was started with (--sqlite-dir)' : needsDatabase(v.engine) ? undefined : 'Left out as a rule: the table mapping names schemas, which are databases here'} />
              )}
              {hasServer(v.engine) && <Encryption v={v} change={change} />}
              {hasBucket(v.engine) && <Bucket v={v} change={change} />}
              {!of && <Text label="Key" value={v.key} onChange={(key) => change({ key })} placeholder="alias/aws/dms" hint="What is secret is sealed under this key of KMS; usually that of DMS" />}
            </div>
          )}
        </Loaded>
        <Settings v={v} change={change} fit={fit} />
      </Form>
    </Dialog>
  );
}

type Change = (part: Partial<Values>) => void;

// Login is how the endpoint is reached: by a user and a password, or by a secret that says it all.
function Login({ v, change, of }: { v: Values; change: Change; of?: Endpoint }) {
  return (
    <>
      <Select label="Sign in with" value={v.login} onChange={(login) => change({ login: login as Values['login'] })} options={[['password', 'a user and a password'], ['secret', 'a secret of Secrets Manager']]} />
      {v.login === 'secret' ? (
        <>
          <Text label="Secret" value={v.secret} onChange={(secret) => change({ secret })} required placeholder="its name or ARN" hint="JSON with username, password, host and port" />
          <Text label="Role that reads it" value={v.secretRole} onChange={(secretRole) => change({ secretRole })} required placeholder="arn:aws:iam::…:role/…" />
        </>
      ) : (
        <>
          <Text label="Server" value={v.server} onChange={(server) => change({ server })} required placeholder="db.example.com" />
          <Text label="Port" type="number" value={v.port} onChange={(port) => change({ port })} placeholder={String(ports[v.engine] ?? '')} min={1} max={65535} />
          <Text label="User" value={v.user} onChange={(user) => change({ user })} />
          <Text label="Password" type="password" value={v.password} onChange={(password) => change({ password })} autoComplete="new-password" hint={of ? 'Empty: as it is' : 'Sealed under a key of KMS; shown nowhere'} />
        </>
      )}
    </>
  );
}

// Bucket is what an engine with a bucket cannot do without.
function Bucket({ v, change }: { v: Values; change: Change }) {
  const put = (name: string) => (value: string) => change({ settings: { ...v.settings, [name]: value } });
  const of = (name: string) => v.settings[name] ?? '';
  return (
    <>
      <Text label="Bucket" value={of('BucketName')} onChange={put('BucketName')} required hint={v.engine === 'redshift' ? 'Through which COPY is given its rows' : undefined} />
      <Text label="Role that may use it" value={of('ServiceAccessRoleArn')} onChange={put('ServiceAccessRoleArn')} required placeholder="arn:aws:iam::…:role/…" />
      {v.engine === 's3' && v.type === 'source' && (
        <Area label="Tables" code rows={6} value={of('ExternalTableDefinition')} onChange={put('ExternalTableDefinition')} hint="ExternalTableDefinition: JSON that says which tables there are, where their files lie, and their columns. Empty: what a target has noted beside files that it wrote" />
      )}
    </>
  );
}

function Encryption({ v, change }: { v: Values; change: Change }) {
  const certificates = useLoad(() => all<Certificate>('dms', 'DescribeCertificates', 'Certificates'), []);
  return (
    <>
      <Select label="TLS" value={v.ssl} onChange={(ssl) => change({ ssl })} options={[['none', 'none: not encrypted'], ['require', 'require: encrypted'], ['verify-ca', 'verify-ca: and of this authority'], ['verify-full', 'verify-full: and of this name']]} />
      {v.ssl.startsWith('verify') && (
        <Select label="Authority" value={v.certificate} onChange={(certificate) => change({ certificate })} required none="choose…" hint={<>Import it under <a href="#/certificates">Certificates</a></>}
          options={(certificates.data ?? []).map((c) => [c.CertificateArn as string, c.CertificateIdentifier as string])} />
      )}
    </>
  );
}

// Settings are those that the server answers for the engine and the end.
function Settings({ v, change, fit }: { v: Values; change: Change; fit: EndpointSetting[] }) {
  const shown = fit.filter((s) => !(s.EnumValues?.length === 1) && !(hasBucket(v.engine) && outside.includes(s.Name as string)));
  if (!shown.length) return null;
  const used = shown.filter((s) => v.settings[s.Name as string]).length;
  const put = (name: string, value: string) => change({ settings: { ...v.settings, [name]: value } });
  return (
    <details class="more" open={used > 0}>
      <summary>Settings of the engine{used > 0 && ` (${used} set)`}</summary>
      <div class="grid">
        {shown.map((s) => {
          const name = s.Name as string;
          const value = v.settings[name] ?? '';
          const usual = s.DefaultValue ? `usually ${s.DefaultValue}${s.Units ? ' ' + s.Units : ''}` : s.Units;
          const choices = s.EnumValues?.length ? s.EnumValues : s.Type === 'boolean' ? ['true', 'false'] : undefined;
          return choices
            ? <Select key={name + s.Applicability} label={name} value={value} onChange={(x) => put(name, x)} options={choices} none={usual ?? 'not set'} />
            : <Text key={name + s.Applicability} label={name} type={s.Type === 'integer' ? 'number' : 'text'} min={s.IntValueMin} max={s.IntValueMax} value={value} onChange={(x) => put(name, x)} placeholder={usual} />;
        })}
      </div>
    </details>
  );
}
