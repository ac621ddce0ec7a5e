// Limits of the breaker as a person reads them.
import type { LimitStatus } from '../api/types';

/** What may be spent in the period: the configured amount and what an administrator allowed on top. */
export function total(line: LimitStatus): number {
  return line.limit.amount + line.allowance;
}

export function scopeName(scope: string): string {
  if (scope === 'all') return 'everything';
  const [kind, ...rest] = scope.split(':');
  return rest.length > 0 ? `${kind} ${rest.join(':')}` : scope;
}

export function periodName(period: LimitStatus['limit']['period']): string {
  return period === 'day' ? 'Today' : period === 'month' ? 'This month' : 'In all';
}

export function limitName(line: LimitStatus): string {
  return `${periodName(line.limit.period)}, ${scopeName(line.scope)}`;
}
