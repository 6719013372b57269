// Short words about what has just been done, read out by screen readers.
import { useEffect, useState } from 'preact/hooks';

let show: (text: string) => void = () => {};

export const say = (text: string) => show(text);

export function Toasts() {
  const [texts, set] = useState<{ id: number; text: string }[]>([]);
  useEffect(() => {
    let last = 0;
    show = (text) => {
      const id = ++last;
      set((t) => [...t.slice(-2), { id, text }]);
      setTimeout(() => set((t) => t.filter((x) => x.id !== id)), 6000);
    };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {texts.map((t) => <p key={t.id}>{t.text}</p>)}
    </div>
  );
}
