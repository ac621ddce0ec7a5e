// Actions that several pages offer.
import { call } from '../api/client';
import type { Card, CardPatch, CardRequest, ExecuteRequest, Handle, HumanTask } from '../api/types';

export const cancelRun = (run: string, reason: string): Promise<unknown> =>
  call('POST', '/api/runs/{run}', { run }, { action: 'cancel', reason });

export const retryRun = (run: string, reason: string): Promise<Handle> =>
  call<Handle>('POST', '/api/runs/{run}', { run }, { action: 'retry', reason });

export const chooseAttempt = (run: string, attempt: number, reason: string): Promise<unknown> =>
  call('POST', '/api/runs/{run}', { run }, { action: 'choose', attempt, reason });

export const dispatch = (request: ExecuteRequest): Promise<Handle> => call<Handle>('POST', '/tasks/dispatch', {}, request);

export const createCard = (request: CardRequest): Promise<Card> => call<Card>('POST', '/api/cards', {}, request);

export const editCard = (id: string, patch: CardPatch): Promise<Card> => call<Card>('PATCH', '/api/cards/{id}', { id }, patch);

export const moveCard = (card: Card, stage: string, reason = ''): Promise<Card> =>
  call<Card>('POST', '/api/cards/{id}/move', { id: card.id }, { stage, version: card.version, reason });

export const startCard = (card: Card): Promise<Card> => call<Card>('POST', '/api/cards/{id}/start', { id: card.id }, { version: card.version });

export const approveCard = (card: Card, reason: string): Promise<Card> =>
  call<Card>('POST', '/api/cards/{id}/approve', { id: card.id }, { version: card.version, reason });

export const removeCard = (card: Card): Promise<Card> => call<Card>('DELETE', `/api/cards/{id}?version=${card.version}`, { id: card.id });

/** Closes a question about a card. The answer is part of the prompts of its next run. */
export const answerQuestion = (item: HumanTask, note: string): Promise<unknown> =>
  call('PATCH', '/api/human-tasks/{id}', { id: item.id }, { state: 'done', note });
