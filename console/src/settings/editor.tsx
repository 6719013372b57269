// Editing task settings: the ones that most people change as a form, all of them as JSON. Both edit one document.
import { useRef, useState } from 'preact/hooks';
import { Panel, Tabs } from '../ui/basics';
import { Area, Check, Select, Text } from '../ui/field';
import { Severities } from './severities';

type Document = Record<string, Record<string, unknown> | null>;

export function check(document: string): string | undefined {
  try {
    const d = JSON.parse(document);
    return d && typeof d === 'object' && !Array.isArray(d) ? undefined : 'The document is not an object.';
  } catch (error) {
    return (error as Error).message;
  }
}

// SettingsEditor also tells which keys (Section.Key) the form has touched: choosing what is the default is a choice as well.
export function SettingsEditor({ value, onChange }: { value: string; onChange: (document: string, touched: string[]) => void }) {
  const [tab, setTab] = useState('form');
  const touched = useRef(new Set<string>());
  const put = (document: string, keys: string[] = []) => {
    keys.forEach((k) => touched.current.add(k));
    onChange(document, [...touched.current]);
  };
  const wrong = check(value);
  return (
    <>
      <Tabs at={tab} onChange={setTab} tabs={[{ id: 'form', label: 'Form' }, { id: 'json', label: 'JSON' }]} />
      <Panel at={tab}>
        {tab === 'json' ? <Area label="Task settings" code rows={24} value={value} wrong={wrong} onChange={(d) => put(d)} />
          : wrong ? <p class="wrong" role="alert">{wrong}</p> : <Fields document={JSON.parse(value)} touched={touched.current} onChange={(d, keys) => put(JSON.stringify(d, null, 2), keys)} />}
      </Panel>
    </>
  );
}

const lobModes: [string, string][] = [['full', 'whole, whatever their size'], ['limited', 'cut at a size'], ['none', 'left behind']];

function Fields({ document: d, touched, onChange }: { document: Document; touched: Set<string>; onChange: (d: Document, keys: string[]) => void }) {
  const get = (section: string, key: string) => d[section]?.[key];
  const put = (section: string, part: Record<string, unknown>) => onChange({ ...d, [section]: { ...d[section], ...part } }, Object.keys(part).map((k) => `${section}.${k}`));
  const text = (section: string, key: string) => String(get(section, key) ?? '');
  // DMS's default shows as limited, and means whole as long as nobody has chosen it.
  const usual = get('TargetMetadata', 'LimitedSizeLobMode') === true && get('TargetMetadata', 'LobMaxSize') === 32 && !touched.has('TargetMetadata.LimitedSizeLobMode');
  const lob = usual ? 'usual' : get('TargetMetadata', 'SupportLobs') === false ? 'none' : get('TargetMetadata', 'LimitedSizeLobMode') ? 'limited' : 'full';
  const lobs = (mode: string) => put('TargetMetadata', { SupportLobs: mode !== 'none', FullLobMode: mode === 'full', LimitedSizeLobMode: mode !== 'full' });
  return (
    <>
      <fieldset>
        <legend>Full load</legend>
        <div class="grid roomy">
          <Select label="Tables that are in the target already" value={text('FullLoadSettings', 'TargetTablePrepMode')} onChange={(v) => put('FullLoadSettings', { TargetTablePrepMode: v })}
            options={[['DROP_AND_CREATE', 'are dropped and made anew'], ['TRUNCATE_BEFORE_LOAD', 'are emptied'], ['DO_NOTHING', 'are left as they are']]} />
          <Text label="Loaded at the same time" type="number" min={1} max={49} value={text('FullLoadSettings', 'MaxFullLoadSubTasks')} onChange={(v) => put('FullLoadSettings', { MaxFullLoadSubTasks: Number(v) })} hint="Tables and segments of tables" />
          <Select label="Large objects" value={lob} onChange={lobs} options={usual ? [['usual', 'whole, if nothing else is set'], ...lobModes] : lobModes} />
          {lob === 'limited' && <Text label="Cut at (KB)" type="number" min={1} max={102400} value={text('TargetMetadata', 'LobMaxSize')} onChange={(v) => put('TargetMetadata', { LobMaxSize: Number(v) })} />}
        </div>
      </fieldset>
      <fieldset>
        <legend>Changes</legend>
        <Check label="Apply the net effect of many changes at once" value={!!get('TargetMetadata', 'BatchApplyEnabled')} onChange={(v) => put('TargetMetadata', { BatchApplyEnabled: v })} hint="Faster; off, every transaction is applied as it was" />
        <Check label="Follow tables that are dropped at the source" value={get('ChangeProcessingDdlHandlingPolicy', 'HandleSourceTableDropped') !== false} onChange={(v) => put('ChangeProcessingDdlHandlingPolicy', { HandleSourceTableDropped: v })} />
        <Check label="Follow tables that are emptied at the source" value={get('ChangeProcessingDdlHandlingPolicy', 'HandleSourceTableTruncated') !== false} onChange={(v) => put('ChangeProcessingDdlHandlingPolicy', { HandleSourceTableTruncated: v })} />
        <Check label="Follow tables that are altered at the source" value={get('ChangeProcessingDdlHandlingPolicy', 'HandleSourceTableAltered') !== false} onChange={(v) => put('ChangeProcessingDdlHandlingPolicy', { HandleSourceTableAltered: v })} />
      </fieldset>
      <fieldset>
        <legend>Care</legend>
        <div class="grid roomy">
          <Select label="A row that the target refuses" value={text('ErrorBehavior', 'DataErrorPolicy')} onChange={(v) => put('ErrorBehavior', { DataErrorPolicy: v })}
            options={[['LOG_ERROR', 'is kept with its reason'], ['IGNORE_RECORD', 'is passed over'], ['SUSPEND_TABLE', 'suspends its table'], ['STOP_TASK', 'stops the task']]} />
          <Select label="A table that cannot go on" value={text('ErrorBehavior', 'TableErrorPolicy')} onChange={(v) => put('ErrorBehavior', { TableErrorPolicy: v })} options={[['SUSPEND_TABLE', 'is suspended'], ['STOP_TASK', 'stops the task']]} />
        </div>
        <Check label="Validate: compare every row of source and target" value={!!get('ValidationSettings', 'EnableValidation')} onChange={(v) => put('ValidationSettings', { EnableValidation: v })} />
      </fieldset>
      <fieldset>
        <legend>Log</legend>
        <Check label="Keep a log" value={get('Logging', 'EnableLogging') !== false} onChange={(v) => put('Logging', { EnableLogging: v })} />
        {get('Logging', 'EnableLogging') !== false && <Severities listed={(get('Logging', 'LogComponents') ?? []) as never} onChange={(all) => put('Logging', { LogComponents: all })} />}
      </fieldset>
    </>
  );
}
