// The filters of the list of runs, as they stand in the address.
import type { RunSummary } from '../../api/types';

export const RUN_STATES = ['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const;
export const TASK_STATES = ['pending', 'ready', 'in_progress', 'needs_review', 'needs_improvement', 'blocked', 'done', 'failed', 'cancelled'] as const;

export const SINCE: Record<string, string> = { '1h': 'the last hour', '24h': 'the last 24 hours', '7d': 'the last 7 days', '30d': 'the last 30 days' };

export const FILTERS = ['q', 'state', 'executor', 'workspace', 'since'] as const;

export function activeFilters(query: URLSearchParams): number {
  return FILTERS.filter((name) => query.get(name)).length;
}

/** What the host is asked for. */
export function runQuery(query: URLSearchParams): Record<string, string | null> {
  const since = query.get('since') ?? '';
  return {
    q: query.get('q'),
    state: query.get('state'),
    executor: query.get('executor'),
    workspace: query.get('workspace'),
    sort: query.get('sort'),
    since: since in SINCE ? since : null,
  };
}

/** Whether a run that has changed belongs to the list. */
export function matches(query: URLSearchParams, run: RunSummary): boolean {
  const state = query.get('state');
  const executor = query.get('executor');
  const workspace = query.get('workspace');
  const words = query.get('q')?.toLowerCase();
  return (
    (!state || run.state === state) &&
    (!executor || run.executor === executor) &&
    (!workspace || run.workspace === workspace || run.workspace_name === workspace) &&
    (!words || run.title.toLowerCase().includes(words))
  );
}
