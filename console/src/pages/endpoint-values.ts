// What the form of an endpoint holds, how it is read from an endpoint, and how it is spelled as the input of a call.
import type { Input } from '../api/call';
import type { Endpoint, EndpointSetting } from '../api/shown';

export const ports: Record<string, number> = {
  mysql: 3306, mariadb: 3306, aurora: 3306, 'aurora-serverless': 3306, 'gcp-mysql': 3306, postgres: 5432, 'aurora-postgresql': 5432, 'aurora-postgresql-serverless': 5432,
  redshift: 5439,
};

// hasServer says which engines are reached over the network by a host and a user.
export const hasServer = (engine: string) => !['sqlite', 's3'].includes(engine);
export const hasBucket = (engine: string) => ['redshift', 's3'].includes(engine);
export const hasDatabase = (engine: string) => engine !== 's3';
export const needsDatabase = (engine: string) => engine.includes('postgres') || engine === 'redshift' || engine === 'sqlite';

// outside are the settings that have fields of their own where there is a bucket.
export const outside = ['BucketName', 'ServiceAccessRoleArn', 'ExternalTableDefinition'];

type Document = 'S3Settings' | 'RedshiftSettings' | 'GcpMySQLSettings' | 'PostgreSQLSettings' | 'MySQLSettings';

// documentOf is the member that holds an engine's settings; SQLite has none.
function documentOf(engine: string): Document | undefined {
  if (engine === 's3') return 'S3Settings';
  if (engine === 'redshift') return 'RedshiftSettings';
  if (engine === 'sqlite') return undefined;
  if (engine === 'gcp-mysql') return 'GcpMySQLSettings';
  return engine.includes('postgres') ? 'PostgreSQLSettings' : 'MySQLSettings';
}

export interface Values {
  name: string;
  type: string;
  engine: string;
  login: 'password' | 'secret';
  server: string;
  port: string;
  user: string;
  password: string;
  secret: string;
  secretRole: string;
  database: string;
  ssl: string;
  certificate: string;
  key: string;
  settings: Record<string, string>; // by their names in the engine's document
}

// login are the members of a document that are no settings.
const login = ['ServerName', 'Port', 'Username', 'DatabaseName', 'SecretsManagerSecretId', 'SecretsManagerAccessRoleArn'];

const membersOf = (e: Endpoint) => {
  const document = documentOf(e.EngineName ?? '');
  return Object.entries((document && e[document]) ?? {}) as [string, unknown][];
};

// settingsOf are the settings that an endpoint shows, those that hold by default among them.
export const settingsOf = (e: Endpoint) => membersOf(e).filter(([name]) => !login.includes(name));

// Attributes are left out where there are none; then the document shows what holds by default, unless it cannot stand in attributes.
function setOf(e: Endpoint): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const pair of (e.ExtraConnectionAttributes ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0) settings[pair[0].toUpperCase() + pair.slice(1, at)] = pair.slice(at + 1);
  }
  for (const [name, value] of settingsOf(e)) {
    const text = String(value);
    if (e.ExtraConnectionAttributes || !plain(text)) settings[name] = text;
  }
  return settings;
}

export function valuesOf(e?: Endpoint): Values {
  const members = e ? Object.fromEntries(membersOf(e)) : {};
  return {
    name: e?.EndpointIdentifier ?? '', type: e?.EndpointType?.toLowerCase() ?? 'source', engine: e?.EngineName ?? 'postgres', server: e?.ServerName ?? '',
    login: members.SecretsManagerSecretId ? 'secret' : 'password', secret: String(members.SecretsManagerSecretId ?? ''), secretRole: String(members.SecretsManagerAccessRoleArn ?? ''),
    port: e?.Port ? String(e.Port) : '', user: e?.Username ?? '', password: '', database: e?.DatabaseName ?? '', ssl: e?.SslMode ?? 'none',
    certificate: e?.CertificateArn ?? '', key: '', settings: e ? setOf(e) : {},
  };
}

// plain says that a value can stand among extra connection attributes.
const plain = (value: string) => !/[;\r\n]|^\s|\s$/.test(value);

// inputOf spells the form as a call's input. Engines with a bucket have their settings in the document, as AWS's pages show it, and all
// others as attributes; those whose value cannot stand there are in the document alone.
export function inputOf(v: Values, known: EndpointSetting[], modify: boolean): Input {
  const set = Object.entries(v.settings).filter(([, value]) => value !== '');
  const inDocument = (value: string) => hasBucket(v.engine) || !plain(value);
  const attributes = set.filter(([, value]) => !inDocument(value)).map(([name, value]) => `${name}=${value}`).join(';');
  const document: Input = Object.fromEntries(set.filter(([, value]) => inDocument(value)).map(([name, value]) => [name, typed(known.find((s) => s.Name === name)?.Type, value)]));
  const input: Input = { EndpointIdentifier: v.name, EngineName: v.engine, DatabaseName: (hasDatabase(v.engine) && v.database) || undefined };
  if (!hasBucket(v.engine)) input.ExtraConnectionAttributes = modify ? attributes : attributes || undefined;
  else if (modify) input.ExactSettings = true;
  const bySecret = hasServer(v.engine) && v.login === 'secret';
  if (bySecret) Object.assign(document, { SecretsManagerSecretId: v.secret, SecretsManagerAccessRoleArn: v.secretRole });
  const name = documentOf(v.engine);
  if (name && Object.keys(document).length) input[name] = document;
  if (!hasServer(v.engine)) return input;
  Object.assign(input, { SslMode: v.ssl, CertificateArn: v.ssl.startsWith('verify') ? v.certificate || undefined : undefined });
  return bySecret ? input : { ...input, ServerName: v.server, Port: Number(v.port) || ports[v.engine], Username: v.user || undefined, Password: v.password || undefined };
}

function typed(type: string | undefined, value: string): unknown {
  if (type === 'integer') return Number(value);
  return type === 'boolean' ? value === 'true' : value;
}
