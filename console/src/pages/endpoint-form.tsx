// The form of an endpoint: what every engine needs, and the settings that the server says this engine has.
import { useState } from 'preact/hooks';
import { all, call, type Call, type Input } from '../api/call';
import type { Certificate, Endpoint, EndpointSetting, SupportedEndpointType } from '../api/shown';
import { Form } from '../ui/act';
import { Loaded } from '../ui/basics';
import { Dialog } from '../ui/dialog';
import { Select, Text } from '../ui/field';
import { useLoad } from '../ui/load';

const ports: Record<string, number> = { mysql: 3306, mariadb: 3306, aurora: 3306, 'aurora-serverless': 3306, 'gcp-mysql': 3306, postgres: 5432, 'aurora-postgresql': 5432, 'aurora-postgresql-serverless': 5432 };

// hasServer says which engines are reached over the network by a host and a user.
const hasServer = (engine: string) => !['sqlite', 's3', 'kinesis', 'dynamodb'].includes(engine);

const documentOf = (engine: string) => (engine === 'gcp-mysql' ? 'GcpMySQLSettings' : engine.includes('postgres') ? 'PostgreSQLSettings' : 'MySQLSettings');

interface Values {
  name: string;
  type: string;
  engine: string;
  server: string;
  port: string;
  user: string;
  password: string;
  database: string;
  ssl: string;
  certificate: string;
  settings: Record<string, string>;
}

function valuesOf(e?: Endpoint): Values {
  const settings: Record<string, string> = {};
  for (const pair of (e?.ExtraConnectionAttributes ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0) settings[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return {
    name: e?.EndpointIdentifier ?? '', type: e?.EndpointType?.toLowerCase() ?? 'source', engine: e?.EngineName ?? 'postgres', server: e?.ServerName ?? '',
    port: e?.Port ? String(e.Port) : '', user: e?.Username ?? '', password: '', database: e?.DatabaseName ?? '', ssl: e?.SslMode ?? 'none',
    certificate: e?.CertificateArn ?? '', settings,
  };
}

// inputOf spells the form as the call's input. A setting whose value holds a semicolon can stand in the engine's document alone.
function inputOf(v: Values): Input {
  const set = Object.entries(v.settings).filter(([, value]) => value !== '');
  const attributes = set.filter(([, value]) => !value.includes(';')).map(([name, value]) => `${name}=${value}`).join(';');
  const document = Object.fromEntries(set.filter(([, value]) => value.includes(';')));
  const input: Input = { EndpointIdentifier: v.name, EngineName: v.engine, DatabaseName: v.database || undefined, ExtraConnectionAttributes: attributes || undefined };
  if (Object.keys(document).length) input[documentOf(v.engine)] = document;
  if (!hasServer(v.engine)) return input;
  return {
    ...input, ServerName: v.server, Port: Number(v.port) || ports[v.engine], Username: v.user || undefined, Password: v.password || undefined, SslMode: v.ssl,
    CertificateArn: v.ssl.startsWith('verify') ? v.certificate || undefined : undefined,
  };
}

export function EndpointForm({ of, type, close, done }: { of?: Endpoint; type?: 'source' | 'target'; close: () => void; done: (e: Endpoint) => void }) {
  const [v, set] = useState<Values>(() => ({ ...valuesOf(of), ...(type && { type }) }));
  const types = useLoad(() => all<SupportedEndpointType>('dms', 'DescribeEndpointTypes', 'SupportedEndpointTypes'), []);
  const change = (part: Partial<Values>) => set((before) => ({ ...before, ...part }));
  const make = (): Call => (of
    ? call('dms', 'ModifyEndpoint', { EndpointArn: of.EndpointArn, ...inputOf(v) })
    : call('dms', 'CreateEndpoint', { EndpointType: v.type, ...inputOf(v) }));
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
              {hasServer(v.engine) && (
                <>
                  <Text label="Server" value={v.server} onChange={(server) => change({ server })} required placeholder="db.example.com" />
                  <Text label="Port" type="number" value={v.port} onChange={(port) => change({ port })} placeholder={String(ports[v.engine] ?? '')} min={1} max={65535} />
                  <Text label="User" value={v.user} onChange={(user) => change({ user })} />
                  <Text label="Password" type="password" value={v.password} onChange={(password) => change({ password })} autoComplete="new-password" hint={of ? 'Empty: as it is' : 'Sealed under a key of KMS; shown nowhere'} />
                </>
              )}
              <Text label={v.engine === 'sqlite' ? 'File' : 'Database'} value={v.database} onChange={(database) => change({ database })} required={v.engine.includes('postgres') || v.engine === 'sqlite'}
                hint={v.engine === 'sqlite' ? 'In the folder that the server was started with (--sqlite-dir)' : v.engine.includes('postgres') ? undefined : 'Left out as a rule: the table mapping names schemas, which are databases here'} />
              {hasServer(v.engine) && <Encryption v={v} change={change} />}
            </div>
          )}
        </Loaded>
        <Settings v={v} change={change} />
      </Form>
    </Dialog>
  );
}

type Change = (part: Partial<Values>) => void;

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
function Settings({ v, change }: { v: Values; change: Change }) {
  const settings = useLoad(() => all<EndpointSetting>('dms', 'DescribeEndpointSettings', 'EndpointSettings', { EngineName: v.engine }), [v.engine]);
  const fit = (settings.data ?? []).filter((s) => (s.Applicability === 'both' || s.Applicability === v.type) && !(s.EnumValues?.length === 1));
  if (!fit.length) return null;
  const used = Object.values(v.settings).filter(Boolean).length;
  const put = (name: string, value: string) => change({ settings: { ...v.settings, [name]: value } });
  return (
    <details class="more" open={used > 0}>
      <summary>Settings of the engine{used > 0 && ` (${used} set)`}</summary>
      <div class="grid">
        {fit.map((s) => {
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
