// Figures of the navigation: what needs a person, what runs, money of the day.
import { get } from '../api/client';
import type { BreakerStatus, HostStatus } from '../api/types';
import { live, refreshOn } from './live.svelte';

class Counts {
  status: HostStatus | null = $state.raw(null);
  breaker: BreakerStatus | null = $state.raw(null);

  get needYou(): number {
    return live.humanTasks ?? 0;
  }

  /** The limit of the day over everything, if the caller may see it. */
  get day(): BreakerStatus['limits'][number] | null {
    return this.breaker?.limits.find(({ limit }) => limit.scope === 'all' && limit.period === 'day') ?? null;
  }

  start(): () => void {
    const refresh = async (): Promise<void> => {
      const [status, breaker, open] = await Promise.allSettled([
        get('/api/status'),
        get('/api/breaker'),
        get('/api/human-tasks', { query: { state: 'open', limit: 200 } }),
      ]);
      if (status.status === 'fulfilled') this.status = status.value;
      if (breaker.status === 'fulfilled') this.breaker = breaker.value;
      if (open.status === 'fulfilled') live.humanTasks = open.value.length;
    };
    void refresh();
    const timer = setInterval(() => !document.hidden && void refresh(), 60_000);
    const off = refreshOn(refresh, { runs: () => true, host: () => true }, 3_000);
    return () => {
      clearInterval(timer);
      off();
    };
  }
}

export const counts = new Counts();
