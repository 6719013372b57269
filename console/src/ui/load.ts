// Reads something from the server, now and every so often while the tab is looked at.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Problem, problemOf } from '../api/problem';

export interface Loading<T> {
  data?: T;
  problem?: Problem;
  loading: boolean;
  reload: () => void;
}

export function useLoad<T>(read: () => Promise<T>, deps: unknown[], every = 0): Loading<T> {
  const [state, set] = useState<{ data?: T; problem?: Problem; loading: boolean }>({ loading: true });
  const [turn, again] = useState(0);
  const reader = useRef(read);
  reader.current = read;
  useEffect(() => {
    let live = true;
    let timer: number | undefined;
    const next = () => {
      if (live && every > 0) timer = setTimeout(run, every);
    };
    const run = async () => {
      if (document.hidden) return next();
      try {
        const data = await reader.current();
        if (live) set({ data, loading: false });
      } catch (error) {
        const problem = problemOf(error);
        if (live) set((s) => ({ data: s.data, problem, loading: false }));
        if (problem.kind === 'forbidden' || problem.kind === 'unserved') return; // asking again changes nothing
      }
      next();
    };
    run();
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [...deps, turn, every]);
  const reload = useCallback(() => again((n) => n + 1), []);
  return { ...state, reload };
}
