// The filters of the list of runs, as they stand in the address.
import type { RunSummary } from '../../api/types';

export const RUN_STATES = ['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const;
export const TASK_STATES = ['pending', 'ready', 'in_progress', 'needs_review', 'needs_improvement', 'blocked', 'done', 'failed', 'cancelled'] as const;

export const SINCE: Record<string, { text: string; hours: number }> = {
  '1h': { text: 'the last hour', hours: 1 },
  '24h': { text: 'the last 24 hours', hours: 24 },
  '7d': { text: 'the last 7 days', hours: 24 * 7 },
  '30d': { text: 'the last 30 days', hours: 24 * 30 },
};

export const FILTERS = ['q', 'state', 'executor', 'workspace', 'since'] as const;

export function activeFilters(query: URLSearchParams): number {
  return FILTERS.filter((name) => query.get(name)).length;
}

/** What the host is asked for. */
export function runQuery(query: URLSearchParams, now: number): Record<string, string | null> {
  const since = SINCE[query.get('since') ?? ''];
  return {
    q: query.get('q'),
    state: query.get('state'),
    executor: query.get('executor'),
    workspace: query.get('workspace'),
    sort: query.get('sort'),
    since: since ? new Date(now - since.hours * 3_600_000).toISOString() : null,
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
