// Keys and palette entries that every page has.
import type { Command } from '../app/keys.svelte';
import { overlays } from '../app/overlays.svelte';
import { router } from '../app/router.svelte';
import { routes } from '../app/routes';
import { session } from '../app/session.svelte';

export function globalCommands(): Command[] {
  const go: Command[] = routes
    .filter((route) => route.nav)
    .map((route) => ({ keys: `g ${route.nav!.key}`, text: `Go to ${route.title}`, group: 'Go to', run: () => router.go(route.path) }));
  return [
    { keys: 'Mod K', text: 'Open the palette', group: 'Everywhere', local: true, run: () => (overlays.open = overlays.open === 'palette' ? null : 'palette') },
    { keys: '?', text: 'Show the keys of this page', group: 'Everywhere', run: () => (overlays.open = 'keys') },
    { keys: 'c', text: 'New task', group: 'Everywhere', when: () => session.can('execute'), run: () => overlays.newTask() },
    // The page has the key `n`; the dialog belongs to it.
    { keys: '', text: 'New card', group: 'Board', when: () => session.can('execute'), run: () => router.go('/board?new=1') },
    { keys: '', text: 'Go to Recipes', group: 'Board', run: () => router.go('/board/recipes') },
    { keys: '', text: 'Go to Skills', group: 'Board', run: () => router.go('/board/skills') },
    ...go,
    { keys: '', text: 'Sign out', group: 'Session', run: () => void session.close() },
  ];
}
