// What a person has set in this browser. Kept in localStorage under `jackfield.prefs`.
export type Theme = 'system' | 'light' | 'dark';

interface Prefs {
  theme: Theme;
  /** Single-letter keys; Ctrl/Cmd K stays on. */
  keys: boolean;
  notify: boolean;
  diff: 'unified' | 'split';
  diffColours: 'blue-orange' | 'green-red';
}

const STORE = 'jackfield.prefs';
const initial: Prefs = { theme: 'system', keys: true, notify: false, diff: 'unified', diffColours: 'blue-orange' };

export function load<T>(name: string, fallback: T): T {
  try {
    return (JSON.parse(localStorage.getItem(name) ?? 'null') as T | null) ?? fallback;
  } catch {
    return fallback;
  }
}

export function save(name: string, value: unknown): void {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Storage is full or off: the setting lasts until the page is closed.
  }
}

export const prefs: Prefs = $state({ ...initial, ...load<Partial<Prefs>>(STORE, {}) });

export function setPref<K extends keyof Prefs>(name: K, value: Prefs[K]): void {
  prefs[name] = value;
  save(STORE, prefs);
  applyPrefs();
}

/** Theme and diff colours are classes on the document, so that style sheets do the rest. */
export function applyPrefs(): void {
  const root = document.documentElement;
  root.dataset.theme = prefs.theme;
  root.dataset.diff = prefs.diffColours;
}
