// Which files of a run's diff have been viewed. A mark holds until the file's diff changes. Kept for the last runs.
import { load, save } from '../../../app/prefs.svelte';

const STORE = 'jackfield.viewed';
const MOST_RUNS = 60;

type Marks = Record<string, string>;

export function loadViewed(run: string): Marks {
  return load<Record<string, Marks>>(STORE, {})[run] ?? {};
}

export function saveViewed(run: string, marks: Marks): void {
  const all = load<Record<string, Marks>>(STORE, {});
  delete all[run];
  const kept = Object.entries(all).slice(-(MOST_RUNS - 1));
  save(STORE, Object.fromEntries([...kept, [run, marks]]));
}
