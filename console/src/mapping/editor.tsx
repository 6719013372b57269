// Editing a mapping: by ticking tables, as rules in a form, and as JSON; with what the server would do with it beside.
import { useEffect, useState } from 'preact/hooks';
import { ask, call } from '../api/call';
import { problemOf, type Problem } from '../api/problem';
import { CopyCommand } from '../ui/act';
import { Panel, Tabs, Trouble } from '../ui/basics';
import { Area, Select, Text } from '../ui/field';
import { Plan, type MappingPlan } from './plan';
import { Picker } from './picker';
import { read, selection, transformation, write, type Rule } from './rules';

const everything = write(selection([], 'include', '%', '%'));

interface Preview {
  plan?: MappingPlan;
  problem?: Problem;
  asking: boolean;
}

// usePlan asks what a mapping comes to, a moment after it has stopped changing.
export function usePlan(arn: string, document: string): Preview {
  const [state, set] = useState<Preview>({ asking: true });
  useEffect(() => {
    let live = true;
    set((s) => ({ ...s, asking: true }));
    const timer = setTimeout(async () => {
      try {
        const plan = await ask<MappingPlan>('whimbrel', 'DescribeMappingPlan', { ReplicationTaskArn: arn, TableMappings: document });
        if (live) set({ plan, asking: false });
      } catch (error) {
        if (live) set((s) => ({ plan: s.plan, problem: problemOf(error), asking: false }));
      }
    }, 500);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [arn, document]);
  return state;
}

export function MappingEditor({ arn, value, onChange }: { arn: string; value: string; onChange: (document: string) => void }) {
  const [tab, setTab] = useState('tables');
  const source = usePlan(arn, everything);
  const preview = usePlan(arn, value);
  const { rules, wrong } = read(value);
  const put = (next: Rule[]) => onChange(write(next));
  return (
    <div class="split">
      <div>
        <Tabs at={tab} onChange={setTab} tabs={[{ id: 'tables', label: 'Tables' }, { id: 'rules', label: 'Rules' }, { id: 'json', label: 'JSON' }]} />
        <Panel at={tab}>
          {tab !== 'json' && wrong && <p class="wrong" role="alert">{wrong}</p>}
          {tab === 'tables' && !wrong && <Picker source={source.plan} problem={source.problem} chosen={preview.plan} waiting={!preview.plan && !preview.problem} rules={rules} onChange={put} />}
          {tab === 'rules' && !wrong && <Rules rules={rules} onChange={put} />}
          {tab === 'json' && <Area label="Table mappings" code rows={18} value={value} wrong={wrong} onChange={onChange} />}
        </Panel>
      </div>
      <section class="preview" aria-label="What would happen">
        <div class="card-head">
          <h3>What would happen</h3>
          <span class="hint" role="status">{preview.asking ? 'asking…' : ''}</span>
          <CopyCommand name="plan" of={() => call('whimbrel', 'DescribeMappingPlan', { ReplicationTaskArn: arn, TableMappings: value })} />
        </div>
        {preview.problem && <Trouble problem={preview.problem} />}
        {preview.plan && !preview.problem && <Plan plan={preview.plan} />}
      </section>
    </div>
  );
}

const actions: Record<string, string[]> = {
  schema: ['rename', 'convert-lowercase', 'convert-uppercase', 'add-prefix', 'add-suffix', 'remove-prefix', 'remove-suffix'],
  table: ['rename', 'convert-lowercase', 'convert-uppercase', 'add-prefix', 'add-suffix', 'remove-prefix', 'remove-suffix'],
  column: ['rename', 'convert-lowercase', 'convert-uppercase', 'add-prefix', 'add-suffix', 'remove-prefix', 'remove-suffix', 'remove-column', 'include-column', 'data-masking-digits-mask', 'data-masking-digits-randomize', 'data-masking-hash-mask'],
};
const withValue = /^(rename|add-|remove-prefix|remove-suffix|data-masking-digits-mask)/;

function Rules({ rules, onChange }: { rules: Rule[]; onChange: (rules: Rule[]) => void }) {
  const put = (i: number, r: Rule) => onChange(rules.map((old, j) => (j === i ? r : old)));
  const first = String(rules[0]?.['object-locator']?.['schema-name'] ?? '%');
  return (
    <>
      <ul class="rules">
        {rules.map((r, i) => (
          <li key={String(r['rule-id'])}>
            <OneRule rule={r} onChange={(x) => put(i, x)} />
            <button type="button" class="quiet" aria-label={`Remove rule ${r['rule-id']}`} onClick={() => onChange(rules.filter((_, j) => j !== i))}>✕</button>
          </li>
        ))}
      </ul>
      <div class="actions">
        <button type="button" onClick={() => onChange(selection(rules, 'include', first, '%'))}>Add a selection</button>
        <button type="button" onClick={() => onChange(transformation(rules, first))}>Add a transformation</button>
      </div>
    </>
  );
}

function OneRule({ rule: r, onChange }: { rule: Rule; onChange: (r: Rule) => void }) {
  const at = r['object-locator'] ?? {};
  const locate = (part: Record<string, string>) => onChange({ ...r, 'object-locator': { ...at, ...part } });
  const kind = r['rule-type'];
  const action = String(r['rule-action'] ?? '');
  const target = String(r['rule-target'] ?? '');
  const known = (kind === 'selection' && !r.filters) || (kind === 'transformation' && actions[target]?.includes(action) && !r.expression);
  if (!known) return <div class="rule"><p><b>{kind}</b> {action} {target} <code>{Object.values(at).join('.')}</code></p><p class="hint">This rule has parts that only the JSON shows.</p></div>;
  const retarget = (t: string) => {
    const locator: Rule['object-locator'] = { 'schema-name': at['schema-name'] };
    if (t !== 'schema') locator['table-name'] = at['table-name'] ?? '%';
    if (t === 'column') locator['column-name'] = at['column-name'] ?? '%';
    onChange({ ...r, 'rule-target': t, 'object-locator': locator, 'rule-action': actions[t].includes(action) ? action : 'rename' });
  };
  const act = (a: string) => {
    const { value, ...rest } = r;
    onChange({ ...rest, 'rule-action': a, ...(withValue.test(a) && { value: value ?? '' }) } as Rule);
  };
  return (
    <div class="rule grid">
      {kind === 'selection'
        ? <Select label="Rule" value={action} onChange={act} options={['include', 'exclude', 'explicit']} />
        : <><Select label="Change the" value={target} onChange={retarget} options={['schema', 'table', 'column']} /><Select label="How" value={action} onChange={act} options={actions[target]} /></>}
      <Text label="Schema" value={at['schema-name'] ?? ''} onChange={(v) => locate({ 'schema-name': v })} />
      {at['table-name'] !== undefined && <Text label="Table" value={at['table-name']} onChange={(v) => locate({ 'table-name': v })} />}
      {at['column-name'] !== undefined && <Text label="Column" value={at['column-name']} onChange={(v) => locate({ 'column-name': v })} />}
      {withValue.test(action) && <Text label="To" value={r.value ?? ''} onChange={(value) => onChange({ ...r, value })} />}
    </div>
  );
}
