// The command that does the same as a call. Secrets are left out: a history of commands is no place for them.
import { origin, region } from '../session';
import type { Call } from './call';

// hidden are the members that hold secrets.
const hidden = /^(Password|SecretAccessKey|CertificatePem|CertificateWallet)$/;

// kebab spells a name as the aws command does: words end before a capital that begins a word.
export const kebab = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();

// Shell is a value that only the shell knows when it runs the line, such as what another command answers.
export class Shell {
  constructor(readonly text: string) {}
}

const quote = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

// flag spells the members whose names do not follow the rule.
function flag(service: string, name: string): string {
  if (service === 'dms') {
    if (name === 'MySQLSettings') return 'my-sql-settings';
    if (name === 'PostgreSQLSettings') return 'postgre-sql-settings';
    if (name === 'GcpMySQLSettings') return 'gcp-my-sql-settings';
  }
  if (name === 'MultiAZ') return 'multi-az';
  return kebab(name);
}

function option(service: string, name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const at = '--' + flag(service, name);
  if (value === '') return name === 'ExtraConnectionAttributes' ? `${at} ''` : undefined; // empty, it takes away what there is
  if (hidden.test(name)) return name === 'CertificatePem' ? `${at} file://certificate.pem` : `${at} "$PASSWORD"`;
  if (value instanceof Shell) return `${at} "${value.text}"`;
  if (typeof value === 'boolean') return value ? at : at.replace('--', '--no-');
  if (typeof value === 'object') {
    if (value instanceof Date) return `${at} ${value.toISOString()}`;
    if (Array.isArray(value) && value.every((v) => typeof v === 'string')) return `${at} ${value.map(quote).join(' ')}`;
    return `${at} ${quote(JSON.stringify(value, (k, v) => (hidden.test(k) ? '…' : v)))}`;
  }
  return `${at} ${quote(String(value))}`;
}

// answerOf is one member of what a command answers, for another command.
export const answerOf = (c: Call, member: string) => new Shell(`$(${commandOf(c)} \\\n  --query ${member} --output text)`);

// unless spells a line that makes what a look does not find.
export const unless = (look: Call, ...make: Call[]) => `${commandOf(look)} >/dev/null 2>&1 || {\n${make.map((c) => commandOf(c) + '\n').join('')}}`;

// commandOf spells a call as a line for a shell. Our own service has no command of its own in aws: curl signs the call.
export function commandOf({ service, operation, input }: Call): string {
  if (service === 'whimbrel') {
    return [
      `curl --cacert "$AWS_CA_BUNDLE" --aws-sigv4 aws:amz:${region}:whimbrel --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"`,
      `-H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: Whimbrel_20261101.${operation}'`,
      `-d ${quote(JSON.stringify(input))} ${origin}/`,
    ].join(' \\\n  ');
  }
  const words = Object.entries(input)
    .map(([name, value]) => option(service, name, value))
    .filter((w) => w !== undefined);
  return [`aws ${service} ${kebab(operation)} --endpoint-url ${origin} --region ${region}`, ...words].join(' \\\n  ');
}
