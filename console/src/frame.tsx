// The frame around all pages: where one can go, who one is.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { end, region, session } from './session';
import { setTheme, theme, type Theme } from './theme';

const groups: [string, [string, string][]][] = [
  ['Migrate', [['overview', 'Overview'], ['tasks', 'Tasks'], ['endpoints', 'Endpoints'], ['instances', 'Instances']]],
  ['Observe', [['metrics', 'Metrics'], ['trail', 'Audit trail'], ['subscriptions', 'Event subscriptions']]],
  ['Secure', [['users', 'Users and policies'], ['keys', 'Keys'], ['certificates', 'Certificates'], ['subnet-groups', 'Subnet groups'], ['vpc-endpoints', 'VPC endpoints']]],
];

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M3 19c6 0 9-7 15-7 4 0 6 3 11 9-5-4-7-4-9-3-3 6-12 7-17 1z" />
    </svg>
  );
}

export function Frame({ at, children }: { at: string; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [at]);
  const who = session()?.identity;
  const name = who?.arn.split(':').pop()?.replace(/^(user|assumed-role)\//, '');
  return (
    <div class={open ? 'frame open' : 'frame'}>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.querySelector<HTMLElement>('main h1')?.focus(); }}>To the content</a>
      <header class="top">
        <button type="button" class="menu quiet" aria-expanded={open} aria-controls="nav" onClick={() => setOpen(!open)}>
          <span aria-hidden="true">☰</span><span class="hidden">Menu</span>
        </button>
        <a class="brand" href="#/overview"><Logo />Whimbrel</a>
        <span class="place"><span class="account" title="account">{who?.account}</span> {region}</span>
        <ThemePicker />
        <span class="who" title={who?.arn}>{name}</span>
        <button type="button" class="quiet" onClick={() => end('You have signed out.')}>Sign out</button>
      </header>
      <nav id="nav" aria-label="Pages">
        {groups.map(([title, links]) => (
          <div key={title} class="group">
            <p>{title}</p>
            <ul>
              {links.map(([id, label]) => (
                <li key={id}><a href={`#/${id}`} aria-current={at === id || (id === 'tasks' && at === 'new-task') ? 'page' : undefined} onClick={() => setOpen(false)}>{label}</a></li>
              ))}
            </ul>
          </div>
        ))}
        <p class="legal"><a href="console/licenses.txt" target="_blank" rel="noopener">Licenses</a></p>
      </nav>
      <main id="main">{children}</main>
    </div>
  );
}

function ThemePicker() {
  const [now, set] = useState<Theme>(theme());
  const next: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
  const sign = { system: '◐', light: '☀', dark: '☾' }[now];
  return (
    <button type="button" class="quiet" title={`Colours: ${now}`} aria-label={`Colours: ${now}. Change.`} onClick={() => { setTheme(next[now]); set(next[now]); }}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}
