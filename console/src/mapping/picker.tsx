import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../api/problem';
import { Trouble } from '../ui/basics';
import { compact, joined, size } from '../ui/words';
import type { MappingPlan } from './plan';
import { leaveOut, takeIn, type Rule } from './rules';

const most = 300; // tables that are listed at once

// Picker shows every table of the source with a tick on those that move.
export function Picker({ source: all, problem, chosen, waiting, rules, onChange }: { waiting: boolean; source?: MappingPlan; problem?: Problem; chosen?: MappingPlan; rules: Rule[]; onChange: (r: Rule[]) => void }) {
  const [find, setFind] = useState('');
  const [clicked, setClicked] = useState<Record<string, boolean>>({}); // until the server says what it comes to
  useEffect(() => setClicked({}), [chosen]);
  // A task that has run is bound to what it has moved: then only that is shown.
  const source = all ?? (problem && chosen);
  if (problem && !source) return <Trouble problem={problem} />;
  if (!source || waiting) return <p class="waiting" role="status">Reading the source's tables…</p>;
  const moves = new Set((chosen?.Tables ?? []).map((t) => `${t.SourceSchema}\n${t.SourceTable}`));
  const found = (source.Tables ?? []).filter((t) => `${t.SourceSchema}.${t.SourceTable}`.toLowerCase().includes(find.toLowerCase()));
  if (!source.Tables?.length) return <p class="hint">The source has no table that this user can see.</p>;
  return (
    <>
      {problem && <p class="hint">Other tables of the source are not shown: {problem.message}</p>}
      <div class="table-tools">
        <input type="search" placeholder="Filter" aria-label="Filter tables" value={find} onInput={(e) => setFind(e.currentTarget.value)} />
        <span class="count" role="status">{moves.size} of {source.Tables.length} move</span>
      </div>
      <ul class="picker">
        {found.slice(0, most).map((t) => {
          const [schema, table] = [t.SourceSchema ?? '', t.SourceTable ?? ''];
          const key = `${schema}\n${table}`;
          const on = clicked[key] ?? moves.has(key);
          const toggle = () => {
            setClicked({ ...clicked, [key]: !on });
            onChange(on ? leaveOut(rules, schema, table) : takeIn(rules, schema, table));
          };
          return (
            <li key={`${schema}.${table}`}>
              <label>
                <input type="checkbox" checked={on} onChange={toggle} />
                <span>{schema}.<b>{table}</b></span>
                <span class="hint">{joined(t.EstimatedRows !== undefined && `${compact(t.EstimatedRows)} rows`, t.EstimatedBytes !== undefined && size(t.EstimatedBytes))}</span>
              </label>
            </li>
          );
        })}
      </ul>
      {found.length > most && <p class="hint">{found.length - most} more: filter to see them.</p>}
    </>
  );
}
