// Short messages at the edge of the screen.
import { asProblem } from '../api/problem';

export interface Toast {
  id: number;
  text: string;
  detail?: string;
  tone: 'info' | 'good' | 'bad';
  href?: string;
}

class Toasts {
  list: Toast[] = $state.raw([]);
  #next = 1;

  show(text: string, options: Partial<Omit<Toast, 'id' | 'text'>> = {}): void {
    const toast: Toast = { id: this.#next++, text, tone: 'info', ...options };
    this.list = [...this.list.slice(-3), toast];
    setTimeout(() => this.dismiss(toast.id), toast.tone === 'bad' ? 12_000 : 5_000);
  }

  fail(error: unknown): void {
    const problem = asProblem(error);
    this.show(problem.message, { tone: 'bad', detail: problem.remedy });
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();

/** Runs an action: its failure becomes a toast. Returns whether it succeeded. */
export async function attempt(action: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await action();
    if (done) toasts.show(done, { tone: 'good' });
    return true;
  } catch (error) {
    toasts.fail(error);
    return false;
  }
}
