import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Problem } from '../api/problem';
import type { Loading } from './load';

// Page is the frame of every page: its heading takes the focus when the page is opened, so that a screen reader reads it.
export function Page({ title, sub, actions, up, children }: {
  title: string;
  sub?: ComponentChildren;
  actions?: ComponentChildren;
  up?: { href: string; label: string };
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Whimbrel`;
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [title]);
  return (
    <>
      {up && <a class="up" href={up.href}>← {up.label}</a>}
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>{title}</h1>
          {sub && <p class="sub">{sub}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function Card({ title, actions, children, wide }: { title?: string; actions?: ComponentChildren; children: ComponentChildren; wide?: boolean }) {
  return (
    <section class={wide ? 'card wide' : 'card'}>
      {(title || actions) && (
        <div class="card-head">
          {title && <h2>{title}</h2>}
          {actions && <div class="actions">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}

const titles = {
  forbidden: 'Your policies do not allow this',
  unserved: 'This server does not serve this yet',
  expired: 'The session has expired',
  unreachable: 'The server does not answer',
  refused: 'The server refused this',
};

// Trouble says what went wrong and why, in the server's own words.
export function Trouble({ problem }: { problem: Problem }) {
  return (
    <div class={`trouble ${problem.kind}`} role={problem.kind === 'unserved' ? 'status' : 'alert'}>
      <strong>{titles[problem.kind]}</strong>
      <p>{problem.message}</p>
      <p class="code">{problem.code}</p>
    </div>
  );
}

// Loaded shows what a reader has read, or why there is nothing.
export function Loaded<T>({ from, children }: { from: Loading<T>; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {from.problem && <Trouble problem={from.problem} />}
      {from.data !== undefined ? children(from.data) : !from.problem && <p class="waiting" role="status">Loading…</p>}
    </>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

const tones: [RegExp, string][] = [
  [/^not (enabled|tested)/i, 'calm'],
  [/fail|error|not.*allowed|denied|inactive|suspended|mismatch|broken|PendingDeletion|no permission/i, 'bad'],
  [/^warning$/, 'busy'],
  [/running|available|successful|passed|Table completed|^Complete$|Enabled|Active|Validated|active|allowed|ok/i, 'good'],
  [/ing$|Before load|Full load|pending|Pending/i, 'busy'],
];

// Status is a word with a colour; the word alone says it all.
export function Status({ value }: { value?: string }) {
  if (!value) return <span class="status none">–</span>;
  const tone = tones.find(([form]) => form.test(value))?.[1] ?? 'calm';
  return <span class={`status ${tone}`}>{value}</span>;
}

// Facts is a list of names and values.
export function Facts({ of }: { of: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {of.filter(([, value]) => value !== undefined && value !== null && value !== '').map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Tabs({ tabs, at, onChange }: { tabs: { id: string; label: string }[]; at: string; onChange: (id: string) => void }) {
  const move = (e: KeyboardEvent) => {
    const step = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0;
    if (!step) return;
    e.preventDefault(); // else the key scrolls the row as well
    const i = (tabs.findIndex((t) => t.id === at) + step + tabs.length) % tabs.length;
    onChange(tabs[i].id);
    const list = (e.currentTarget as HTMLElement).querySelectorAll('button');
    list[i].focus();
  };
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => { // on a narrow screen the row is longer than what is seen of it
    const list = row.current!;
    const watch = new ResizeObserver(() => {
      const all = list.getBoundingClientRect(), one = list.querySelector('[aria-selected=true]')?.getBoundingClientRect();
      if (one) list.scrollLeft += Math.min(0, one.left - all.left) + Math.max(0, one.right - all.right);
    });
    watch.observe(list);
    return () => watch.disconnect();
  }, [at]);
  return (
    <div class="tabs" role="tablist" ref={row} onKeyDown={move}>
      {tabs.map((t) => (
        <button key={t.id} type="button" role="tab" id={`tab-${t.id}`} aria-selected={t.id === at} aria-controls="panel" tabIndex={t.id === at ? 0 : -1} onClick={() => onChange(t.id)}>
          {t.label}
        </button>
      ))}
    </div>
  );
}

export function Panel({ at, children }: { at: string; children: ComponentChildren }) {
  return <div role="tabpanel" id="panel" aria-labelledby={`tab-${at}`} class="panel">{children}</div>;
}

export function Meter({ percent, label }: { percent: number; label: string }) {
  return <progress class="meter" max={100} value={percent} aria-label={label}>{percent} %</progress>;
}
