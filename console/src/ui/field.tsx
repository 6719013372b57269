import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Common {
  label: string;
  hint?: ComponentChildren;
  wrong?: string;
  required?: boolean;
  disabled?: boolean;
}

function Framed({ id, label, hint, wrong, required, children, wide }: Common & { id: string; children: ComponentChildren; wide?: boolean }) {
  return (
    <div class={wide ? 'field wide' : 'field'}>
      <label for={id} class={required ? 'must' : ''}>{label}</label>
      {children}
      {wrong && <p class="wrong" id={`${id}-wrong`} role="alert">{wrong}</p>}
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

const described = (id: string, p: Common) => [p.wrong && `${id}-wrong`, p.hint && `${id}-hint`].filter(Boolean).join(' ') || undefined;

export function Text(p: Common & { value: string; onChange: (v: string) => void; type?: 'text' | 'password' | 'number' | 'search'; placeholder?: string; pattern?: string; autoComplete?: string; min?: number; max?: number; list?: string[] }) {
  const id = useId();
  return (
    <Framed id={id} {...p}>
      <input id={id} type={(p.type ?? 'text') as 'text'} value={p.value} required={p.required} disabled={p.disabled} placeholder={p.placeholder} pattern={p.pattern} min={p.min} max={p.max}
        autoComplete={p.autoComplete ?? 'off'} autoCapitalize="off" spellcheck={false} list={p.list && `${id}-list`}
        aria-invalid={p.wrong ? true : undefined} aria-describedby={described(id, p)} onInput={(e) => p.onChange(e.currentTarget.value)} />
      {p.list && <datalist id={`${id}-list`}>{p.list.map((v) => <option key={v} value={v} />)}</datalist>}
    </Framed>
  );
}

export function Area(p: Common & { value: string; onChange: (v: string) => void; rows?: number; code?: boolean }) {
  const id = useId();
  return (
    <Framed id={id} {...p} wide>
      <textarea id={id} class={p.code ? 'code' : ''} rows={p.rows ?? 8} value={p.value} required={p.required} disabled={p.disabled} spellcheck={false} autoCapitalize="off"
        aria-invalid={p.wrong ? true : undefined} aria-describedby={described(id, p)} onInput={(e) => p.onChange(e.currentTarget.value)} />
    </Framed>
  );
}

export function Select(p: Common & { value: string; onChange: (v: string) => void; options: (string | [string, string])[]; none?: string }) {
  const id = useId();
  return (
    <Framed id={id} {...p}>
      <select id={id} value={p.value} required={p.required} disabled={p.disabled} aria-describedby={described(id, p)} onChange={(e) => p.onChange(e.currentTarget.value)}>
        {p.none !== undefined && <option value="">{p.none}</option>}
        {p.options.map((o) => {
          const [value, text] = typeof o === 'string' ? [o, o] : o;
          return <option key={value} value={value}>{text}</option>;
        })}
      </select>
    </Framed>
  );
}

export function Check(p: Common & { value: boolean; onChange: (v: boolean) => void }) {
  const id = useId();
  return (
    <div class="field check">
      <input id={id} type="checkbox" checked={p.value} disabled={p.disabled} aria-describedby={described(id, p)} onChange={(e) => p.onChange(e.currentTarget.checked)} />
      <label for={id}>{p.label}</label>
      {p.hint && <p class="hint" id={`${id}-hint`}>{p.hint}</p>}
    </div>
  );
}
