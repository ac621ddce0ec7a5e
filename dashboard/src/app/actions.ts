// Actions that several pages offer.
import { call } from '../api/client';
import type { ExecuteRequest, Handle } from '../api/types';

export const cancelRun = (run: string, reason: string): Promise<unknown> =>
  call('POST', '/api/runs/{run}', { run }, { action: 'cancel', reason });

export const retryRun = (run: string, reason: string): Promise<Handle> =>
  call<Handle>('POST', '/api/runs/{run}', { run }, { action: 'retry', reason });

export const chooseAttempt = (run: string, attempt: number, reason: string): Promise<unknown> =>
  call('POST', '/api/runs/{run}', { run }, { action: 'choose', attempt, reason });

export const dispatch = (request: ExecuteRequest): Promise<Handle> => call<Handle>('POST', '/tasks/dispatch', {}, request);
