// Numbers, sizes and times as people read them.
const group = new Intl.NumberFormat();
const brief = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

export const number = (n?: number) => (n === undefined || n === null || Number.isNaN(n) ? '–' : group.format(n));
export const compact = (n?: number) => (n === undefined || n === null || Number.isNaN(n) ? '–' : brief.format(n));

export function size(bytes?: number): string {
  if (bytes === undefined || bytes === null) return '–';
  let n = bytes;
  for (const unit of ['B', 'KB', 'MB', 'GB', 'TB']) {
    if (n < 1000 || unit === 'TB') return `${n < 10 && unit !== 'B' ? n.toFixed(1) : Math.round(n)} ${unit}`;
    n /= 1000;
  }
  return '';
}

export function span(seconds?: number): string {
  if (seconds === undefined || seconds === null) return '–';
  if (seconds < 1) return '< 1 s';
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

// lag is a span as an axis shows it, where less than a second has marks of its own.
export const lag = (seconds?: number) => (seconds !== undefined && seconds !== null && seconds < 1 ? `${Number(seconds.toFixed(2))} s` : span(seconds));

// joined is what is known of several things.
export const joined = (...parts: (string | false)[]) => parts.filter(Boolean).join(', ');

const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

// Time is in the reader's own zone; UTC shows when it is pointed at.
export function Time({ at }: { at?: Date | string | number }) {
  if (at === undefined || at === null || at === '') return <>–</>;
  const when = new Date(typeof at === 'number' ? at * 1000 : at);
  if (Number.isNaN(when.getTime())) return <>{String(at)}</>;
  const utc = when.toISOString();
  return <time dateTime={utc} title={utc.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}>{local.format(when)}</time>;
}

// idOf is the end of an ARN, which is its name or ID.
export const idOf = (arn?: string) => arn?.split(/[:/]/).pop() ?? '';
