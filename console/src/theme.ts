// Light, dark, or as the system has it. The choice is all that the console keeps in the browser.
export type Theme = 'system' | 'light' | 'dark';

export function theme(): Theme {
  const kept = localStorage.getItem('theme');
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function setTheme(t: Theme) {
  if (t === 'system') localStorage.removeItem('theme');
  else localStorage.setItem('theme', t);
  apply();
}

export function apply() {
  const t = theme();
  if (t === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = t;
  dispatchEvent(new Event('theme'));
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => dispatchEvent(new Event('theme')));
