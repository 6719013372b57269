import { compact, joined, number } from '../ui/words';

export interface PlannedTable {
  SourceSchema?: string;
  SourceTable?: string;
  TargetSchema?: string;
  TargetTable?: string;
  EstimatedRows?: number;
  EstimatedBytes?: number;
  Segments?: number;
  Effects?: string[];
  Statements?: string[];
}

export interface MappingPlan {
  Source?: string;
  Target?: string;
  Before?: string[];
  Tables?: PlannedTable[];
  After?: string[];
  Notes?: string[];
  UnmatchedRules?: string[];
  OverruledRules?: string[];
  ColumnsLeftBehind?: string[];
}

const most = 200; // tables that are shown at once

// Plan is what a task would do, table by table.
export function Plan({ plan }: { plan: MappingPlan }) {
  const tables = plan.Tables ?? [];
  return (
    <>
      <p class="hint">{plan.Source} → {plan.Target}: {number(tables.length)} {tables.length === 1 ? 'table' : 'tables'}</p>
      <Words title="Rules that match nothing" of={plan.UnmatchedRules} />
      <Words title="Rules that others overrule" of={plan.OverruledRules} />
      <Words title="Columns left behind" of={plan.ColumnsLeftBehind} />
      <ul class="plan">
        {tables.slice(0, most).map((t) => (
          <li key={`${t.SourceSchema}.${t.SourceTable}`}>
            <details>
              <summary>
                <span>{t.SourceSchema}.{t.SourceTable}</span> <span aria-hidden="true">→</span> <b>{t.TargetSchema ? `${t.TargetSchema}.` : ''}{t.TargetTable}</b>
                <span class="hint"> {joined(t.EstimatedRows !== undefined && `about ${compact(t.EstimatedRows)} rows`, (t.Segments ?? 0) > 1 && `${t.Segments} segments`)}</span>
              </summary>
              {t.Statements?.length ? <pre tabIndex={0}>{t.Statements.join(';\n')}</pre> : <p class="hint">No statement: the table is there.</p>}
            </details>
            <Effects of={t.Effects ?? []} />
          </li>
        ))}
      </ul>
      {tables.length > most && <p class="hint">and {number(tables.length - most)} more</p>}
      <Code title="Before the rows" of={plan.Before} />
      <Code title="After the rows" of={plan.After} />
      <Words title="To know" of={plan.Notes} />
    </>
  );
}

// Effects are what rules do to a table, the first of them where the table has many columns.
function Effects({ of }: { of: string[] }) {
  if (!of.length) return null;
  const shown = 12;
  return <ul class="effects">{of.slice(0, shown).map((e) => <li key={e}>{e}</li>)}{of.length > shown && <li>and {number(of.length - shown)} more</li>}</ul>;
}

function Words({ title, of }: { title: string; of?: string[] }) {
  if (!of?.length) return null;
  return (
    <details class="words" open={of.length < 6}>
      <summary>{title} ({of.length})</summary>
      <ul>{of.map((w) => <li key={w}>{w}</li>)}</ul>
    </details>
  );
}

function Code({ title, of }: { title: string; of?: string[] }) {
  if (!of?.length) return null;
  return (
    <details class="words">
      <summary>{title} ({of.length})</summary>
      <pre tabIndex={0}>{of.join(';\n')}</pre>
    </details>
  );
}
