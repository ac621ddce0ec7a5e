// The session of this browser: its principal and its scopes.
import { call, get, keepSessionKey, onSignedOut } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import type { LoginAnswer, Scope, Session } from '../api/types';

class SessionState {
  phase: 'asking' | 'out' | 'in' | 'unreachable' = $state('asking');
  me: Session | null = $state.raw(null);
  problem: Problem | null = $state.raw(null);

  /** Opens a session by the ticket in the address, or continues the one of this browser. */
  async begin(): Promise<void> {
    onSignedOut(() => this.#out());
    const ticket = /^#t=(.+)$/.exec(location.hash)?.[1];
    if (ticket) {
      history.replaceState(null, '', location.pathname + location.search);
      if (await this.open({ ticket })) return;
    }
    await this.resume();
  }

  async resume(): Promise<void> {
    try {
      this.me = await get('/api/session');
      this.phase = 'in';
    } catch (error) {
      const problem = asProblem(error);
      if (problem.status === 401) return;
      this.problem = problem;
      this.phase = 'unreachable';
    }
  }

  async open(by: { ticket: string } | { token: string }): Promise<boolean> {
    try {
      const opened = await call<LoginAnswer>('POST', '/api/session', {}, by);
      keepSessionKey(opened.key);
      this.me = opened.session;
      this.problem = null;
      this.phase = 'in';
      return true;
    } catch (error) {
      this.problem = asProblem(error);
      this.phase = this.problem.unreachable ? 'unreachable' : 'out';
      return false;
    }
  }

  async close(): Promise<void> {
    await call('DELETE', '/api/session').catch(() => {});
    this.problem = null;
    this.#out();
  }

  can(scope: Scope): boolean {
    const scopes = this.me?.scopes ?? [];
    return scopes.includes(scope) || scopes.includes('admin');
  }

  /** Sees every run and the host itself, not only its own runs. */
  get seesAll(): boolean {
    return this.me?.sees === 'all';
  }

  #out(): void {
    keepSessionKey(null);
    this.me = null;
    this.phase = 'out';
  }
}

export const session = new SessionState();
