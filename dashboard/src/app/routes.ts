// Every page: its address, its code and its place in the navigation. Pages other than Now are loaded when opened.
import type { Component } from 'svelte';
import Now from '../pages/now/Now.svelte';
import type { IconName } from '../ui/icons';

type Page = Component<Record<string, never>> | Component<{ params: Record<string, string> }>;

export interface Route {
  path: string;
  title: string;
  load: () => Promise<{ default: unknown }>;
  /** In the navigation, with its icon and the second key of `g …`. */
  nav?: { icon: IconName; key: string; adminOnly?: boolean };
}

const now = Promise.resolve({ default: Now as Page });

export const routes: Route[] = [
  { path: '/', title: 'Now', load: () => now, nav: { icon: 'now', key: 'n' } },
  { path: '/inbox', title: 'Inbox', load: () => import('../pages/inbox/Inbox.svelte'), nav: { icon: 'inbox', key: 'i' } },
  { path: '/runs', title: 'Work', load: () => import('../pages/work/Work.svelte'), nav: { icon: 'work', key: 't' } },
  { path: '/board', title: 'Board', load: () => import('../pages/board/Board.svelte'), nav: { icon: 'board', key: 'b' } },
  { path: '/board/recipes', title: 'Recipes', load: () => import('../pages/board/recipes/Recipes.svelte') },
  { path: '/board/skills', title: 'Skills', load: () => import('../pages/board/skills/Skills.svelte') },
  { path: '/budget', title: 'Budget', load: () => import('../pages/budget/Budget.svelte'), nav: { icon: 'money', key: '$' } },
  { path: '/plugins', title: 'Plugins', load: () => import('../pages/plugins/Plugins.svelte'), nav: { icon: 'plugin', key: 'p' } },
  { path: '/plugins/:kind/:name', title: 'Plugin', load: () => import('../pages/plugins/Plugin.svelte') },
  { path: '/executors', title: 'Executors', load: () => import('../pages/executors/Executors.svelte'), nav: { icon: 'executor', key: 'x' } },
  { path: '/workers', title: 'Workers', load: () => import('../pages/workers/Workers.svelte'), nav: { icon: 'worker', key: 'w' } },
  { path: '/events', title: 'Events', load: () => import('../pages/events/Events.svelte'), nav: { icon: 'events', key: 'e' } },
  { path: '/settings', title: 'Settings', load: () => import('../pages/settings/Settings.svelte'), nav: { icon: 'settings', key: 's' } },
  { path: '/r/:id', title: 'Run', load: () => import('../pages/run/Run.svelte') },
  { path: '/t/:id', title: 'Task', load: () => import('../pages/task/Task.svelte') },
  { path: '/t/:id/compare', title: 'Compare', load: () => import('../pages/compare/Compare.svelte') },
];
