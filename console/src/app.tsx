import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { problemOf } from './api/problem';
import { onSession, session } from './session';
import { useRoute, type Route } from './route';
import { apply } from './theme';
import { Trouble } from './ui/basics';
import { Frame } from './frame';
import { SignIn } from './pages/sign-in';
import { Toasts } from './ui/toast';

type View = ComponentType<{ route: Route }>;

// Pages are fetched when they are opened.
const pages: Record<string, () => Promise<{ default: View }>> = {
  overview: () => import('./pages/overview'),
  tasks: () => import('./pages/tasks'),
  'new-task': () => import('./pages/new-task'),
  endpoints: () => import('./pages/endpoints'),
  instances: () => import('./pages/instances'),
  'subnet-groups': () => import('./pages/subnet-groups'),
  certificates: () => import('./pages/certificates'),
  subscriptions: () => import('./pages/subscriptions'),
  users: () => import('./pages/users'),
  keys: () => import('./pages/keys'),
  'vpc-endpoints': () => import('./pages/vpc-endpoints'),
  metrics: () => import('./pages/metrics'),
  trail: () => import('./pages/trail'),
};

apply();

export function App() {
  const [, changed] = useState({});
  useEffect(() => onSession(() => changed({})), []);
  return (
    <>
      {session() ? <SignedIn /> : <SignIn />}
      <Toasts />
    </>
  );
}

function SignedIn() {
  const route = useRoute();
  const name = route.path[0] ?? 'overview';
  const [view, setView] = useState<{ name: string; View?: View; error?: unknown }>({ name: '' });
  useEffect(() => {
    let live = true;
    const load = pages[name];
    if (!load) {
      setView({ name });
      return;
    }
    load().then(
      (m) => live && setView({ name, View: m.default }),
      (error) => live && setView({ name, error }),
    );
    return () => {
      live = false;
    };
  }, [name]);
  const { View } = view;
  return (
    <Frame at={name}>
      {view.name !== name ? <p class="waiting" role="status">Loading…</p>
        : View ? <View route={route} />
          : view.error ? <Trouble problem={problemOf(view.error)} />
            : <div><h1>There is no such page</h1><p><a href="#/overview">To the overview</a></p></div>}
    </Frame>
  );
}
