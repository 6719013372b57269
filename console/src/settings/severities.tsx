// How much each component of a task tells in its log.
import { Select } from '../ui/field';

interface Component {
  Id: string;
  Severity: string;
}

// parts are the components that say something here, in words. Task settings list more, as DMS has them.
const parts: Record<string, string> = {
  TASK_MANAGER: 'Beginning, end and retries', METADATA_MANAGER: 'Structure, and objects beside the tables', TABLES_MANAGER: 'Tables: prepared, loaded, suspended', SOURCE_UNLOAD: 'Reading in the full load',
  TARGET_LOAD: 'Writing in the full load', TRANSFORMATION: 'Rows that could not be transformed', PERFORMANCE: 'Rows and bytes a second', SOURCE_CAPTURE: 'Reading changes', TARGET_APPLY: 'Applying changes',
  VALIDATOR: 'Comparing source and target', DATA_RESYNC: 'Writing again what differs', COMMON: 'What belongs to no other',
};

const steps: [string, string][] = [
  ['LOGGER_SEVERITY_ERROR', 'errors alone'], ['LOGGER_SEVERITY_WARNING', 'and warnings'], ['LOGGER_SEVERITY_INFO', 'and information'], ['LOGGER_SEVERITY_DEFAULT', 'as usual'],
  ['LOGGER_SEVERITY_DEBUG', 'debug'], ['LOGGER_SEVERITY_DETAILED_DEBUG', 'every detail'],
];

const usual = 'LOGGER_SEVERITY_DEFAULT';

export function Severities({ listed, onChange }: { listed: Component[]; onChange: (all: Component[]) => void }) {
  const of = (id: string) => listed.find((c) => c.Id === id)?.Severity ?? usual;
  const components = [...Object.keys(parts), ...listed.map((c) => c.Id).filter((id) => !(id in parts))].map((id) => ({ Id: id, Severity: of(id) }));
  const set = (id: string, severity: string) => onChange([...listed.filter((c) => c.Id !== id), { Id: id, Severity: severity }]);
  const same = components.every((c) => c.Severity === components[0].Severity) ? components[0].Severity : '';
  return (
    <>
      <div class="grid">
        <Select label="All components" value={same} onChange={(v) => v && onChange(components.map((c) => ({ Id: c.Id, Severity: v })))} options={steps} none={same ? undefined : 'each for itself'} hint="Can be changed while the task runs" />
      </div>
      <details class="more" open={!same}>
        <summary>Each component</summary>
        <div class="grid">
          {components.map((c) => <Select key={c.Id} label={c.Id} value={c.Severity} onChange={(v) => set(c.Id, v)} options={steps} hint={parts[c.Id] ?? 'Says nothing here'} />)}
        </div>
      </details>
    </>
  );
}
