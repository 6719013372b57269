// What changes something: buttons and forms that make one call, and can say which command does the same.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { send, type Call } from '../api/call';
import { commandOf } from '../api/command';
import { questionOf, watch, whyNot } from '../api/own';
import { problemOf, type Problem } from '../api/problem';
import { Trouble } from './basics';
import { Dialog } from './dialog';
import { say } from './toast';

export function CopyButton({ text, label, children }: { text: () => string; label: string; children?: ComponentChildren }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      say('Copied.');
    } catch {
      say('The browser does not let the page write to the clipboard.');
    }
  };
  return <button type="button" class="copy" aria-label={label} title={label} onClick={copy}>{children ?? <span aria-hidden="true">⧉</span>}</button>;
}

export const CopyCommand = ({ of, name, text = () => commandOf(of()) }: { of: () => Call; name: string; text?: () => string }) => (
  <CopyButton text={text} label={`Copy the command: ${name}`}>
    <span aria-hidden="true">&gt;_</span>
  </CopyButton>
);

// useWhyNot is why the caller's policies forbid a call, undefined if they do not or it is not known.
function useWhyNot(make: () => Call): string | undefined {
  const [, changed] = useState({});
  const question = questionOf(make());
  useEffect(() => watch(question, () => changed({})), [question]);
  return whyNot(question);
}

// Why tells the reason of a disabled button to those who cannot hover over it.
const Why = ({ reason, not }: { reason?: string; not: string }) => (reason
  ? <button type="button" class="copy" aria-label={`Why not: ${not}`} onClick={() => say(reason)}><span aria-hidden="true">?</span></button>
  : null);

// Do is a button that makes a call, after a question if there is one. What the caller's policies forbid cannot be pressed.
export function Do({ label, make, said, done, question, tone = '', disabled, why }: {
  label: string;
  make: () => Call;
  said?: string;
  done?: (out: unknown) => void;
  question?: ComponentChildren;
  tone?: '' | 'primary' | 'danger';
  disabled?: boolean;
  why?: string; // it is disabled
}) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const reason = useWhyNot(make) ?? (disabled ? why : undefined);
  const run = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const out = await send(make());
      setOpen(false);
      if (said) say(said);
      done?.(out);
    } catch (error) {
      setProblem(problemOf(error));
      setOpen(true);
    }
    setBusy(false);
  };
  const press = () => {
    setProblem(undefined);
    if (question) setOpen(true);
    else run();
  };
  return (
    <>
      <span class={`do ${tone}`}>
        <button type="button" disabled={disabled || busy || !!reason} title={reason} onClick={press}>{label}</button>
        <Why reason={reason} not={label} />
        <CopyCommand of={make} name={label} />
      </span>
      {open && (
        <Dialog title={label} onClose={() => setOpen(false)}>
          {question && !problem && <div class="question">{question}</div>}
          {problem && <Trouble problem={problem} />}
          <div class="form-end">
            <button type="button" onClick={() => setOpen(false)}>{problem ? 'Close' : 'Cancel'}</button>
            {!problem && <button type="button" class={tone || 'primary'} disabled={busy} onClick={run}>{label}</button>}
          </div>
        </Dialog>
      )}
    </>
  );
}

// Before is what has to be there before a call is made, and the lines that see to it.
export interface Before {
  run: () => Promise<void>;
  command: () => string;
}

// Form gathers the input of one call and makes it, unless the caller's policies forbid what is entered so far.
export function Form({ label, make, before, command = () => commandOf(make()), done, said, cancel, children }: {
  label: string;
  make: () => Call;
  before?: Before;
  command?: () => string; // where another call follows
  done?: (out: never) => void;
  said?: string;
  cancel?: () => void;
  children: ComponentChildren;
}) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const forbidden = useWhyNot(make);
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await before?.run();
      const out = await send(make());
      if (said) say(said);
      done?.(out as never);
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={submit}>
      {children}
      {problem && <Trouble problem={problem} />}
      {forbidden && <p class="hint">{forbidden}</p>}
      <div class="form-end">
        {cancel && <button type="button" onClick={cancel}>Cancel</button>}
        <span class="do primary">
          <button type="submit" disabled={busy || !!forbidden} title={forbidden}>{busy ? 'Working…' : label}</button>
          <CopyCommand of={make} name={label} text={() => (before ? `${before.command()}\n` : '') + command()} />
        </span>
      </div>
    </form>
  );
}
