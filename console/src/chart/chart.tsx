// A chart of values over time. The library is fetched when the first chart is shown.
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { Time } from '../ui/words';

export interface Series {
  name: string;
  values: (number | null)[];
}

const colours = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6'];
// colour is what a named colour comes to in an element: a canvas knows no names, nor that one is for where it is dark.
function colour(at: HTMLElement, name: string) {
  at.style.color = `var(${name})`;
  const found = getComputedStyle(at).color;
  at.style.color = '';
  return found;
}

const seconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minutes = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

// clock spells a tick as finely as the ticks are apart.
const clock = (at: number, step: number) => (step < 60 ? seconds : step < 43200 ? minutes : days).format(at * 1000);

const count = (values: uPlot.AlignedData[number]) => [...values].filter((v) => v !== null && v !== undefined).length;

// around is the time that is shown: about a moment a minute, so that its marks are not years.
const around = (_u: uPlot, from: number | null, to: number | null): [number, number] => {
  if (from === null || to === null) return [Date.now() / 1000 - 60, Date.now() / 1000];
  return from === to ? [from - 30, to + 30] : [from, to];
};

// marks are the values at the axis. Where all is nothing no other value has a meaning.
const marks = (u: uPlot, ticks: number[], format: (n?: number) => string) => {
  const nothing = u.data.slice(1).every((values) => [...values].every((v) => !v));
  return ticks.map((t) => (t > 0 && nothing ? '' : format(t)));
};

const listed = 60; // values in words

// Values are the newest of what is drawn, in words: for those who cannot see the drawing, and for exact figures.
function Values({ title, times, series, format }: { title: string; times: number[]; series: Series[]; format: (n?: number) => string }) {
  const [open, setOpen] = useState(false);
  const rows = open ? times.map((at, i) => ({ at, i })).filter(({ i }) => series.some((s) => (s.values[i] ?? null) !== null)).slice(-listed).reverse() : [];
  return (
    <details class="values" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary aria-label={`Values of ${title}`}>Values</summary>
      {open && (
        <table aria-label={`Values of ${title}`}>
          <thead><tr><th scope="col">When</th>{series.map((s) => <th key={s.name} scope="col">{s.name}</th>)}</tr></thead>
          <tbody>{rows.map(({ at, i }) => <tr key={at}><td data-label="When"><Time at={at} /></td>{series.map((s) => <td key={s.name} data-label={s.name} data-value={s.values[i] ?? ''}>{format(s.values[i] ?? undefined)}</td>)}</tr>)}</tbody>
        </table>
      )}
    </details>
  );
}

export function Chart({ title, times, series, format }: { title: string; times: number[]; series: Series[]; format: (n?: number) => string }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const names = series.map((s) => s.name).join('\n');
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = [times, ...series.map((s) => s.values)] as uPlot.AlignedData;

  useEffect(() => {
    let gone = false;
    let watch: ResizeObserver | undefined;
    const draw = async () => {
      const { default: UPlot } = await import('uplot');
      const at = box.current;
      if (gone || !at) return;
      const axis = { stroke: colour(at, '--faint'), grid: { stroke: colour(at, '--hair'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
      plot.current = new UPlot(
        {
          width: at.clientWidth, height: 140, cursor: { y: false }, legend: { show: false }, padding: [10, 26, 0, 0],
          scales: { x: { range: around }, y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.15 : 1] } },
          series: [{}, ...names.split('\n').map((label, i) => ({ label, stroke: colour(at, colours[i % colours.length]), width: 1.8, spanGaps: false, points: { size: 6, show: (u: uPlot, n: number) => count(u.data[n]) === 1 } }))],
          axes: [{ ...axis, space: 80, size: 26, values: (_u, ticks, _a, _f, step) => ticks.map((t) => clock(t, step)) }, { ...axis, size: 58, values: (u, ticks) => marks(u, ticks, format) }],
        },
        data.current, at,
      );
      watch = new ResizeObserver(() => plot.current?.setSize({ width: at.clientWidth, height: 140 }));
      watch.observe(at);
    };
    draw();
    const theme = () => { plot.current?.destroy(); watch?.disconnect(); draw(); };
    addEventListener('theme', theme);
    return () => {
      gone = true;
      removeEventListener('theme', theme);
      watch?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [names]);
  useEffect(() => plot.current?.setData(data.current), [times, series]);

  const drawn = Math.max(0, ...series.map((s) => s.values.filter((v) => v !== null).length));
  const last = (s: Series) => s.values.findLast((v) => v !== null) ?? undefined;
  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong>
        {series.map((s, i) => (
          <span key={s.name} class={`key line-${(i % colours.length) + 1}`}>{series.length > 1 && <>{s.name} </>}<b>{format(last(s) ?? undefined)}</b></span>
        ))}
      </figcaption>
      <div ref={box} class="plot" role="img" aria-label={`${title}: ${series.map((s) => `${s.name} ${format(last(s) ?? undefined)}`).join(', ')}; ${drawn} values`} />
      <Values title={title} times={times} series={series} format={format} />
    </figure>
  );
}
