import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

// Dialog is the browser's own: it keeps the focus inside, and Escape closes it.
export function Dialog({ title, onClose, children, wide }: { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  return (
    <dialog ref={ref} class={wide ? 'wide' : ''} aria-label={title} onClose={onClose}>
      <div class="dialog-head">
        <h2>{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={() => ref.current?.close()}>✕</button>
      </div>
      {children}
    </dialog>
  );
}
