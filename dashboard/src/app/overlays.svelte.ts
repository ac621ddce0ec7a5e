// What lies over the page: palette, key sheet, new-task dialog. And the title that a page gives itself.
import type { ExecuteRequest } from '../api/types';

class Overlays {
  open: 'palette' | 'keys' | 'new-task' | null = $state(null);
  /** What the new-task dialog starts with. */
  draft: Partial<ExecuteRequest> = $state.raw({});
  pageTitle: string = $state('');

  newTask(draft: Partial<ExecuteRequest> = {}): void {
    this.draft = draft;
    this.open = 'new-task';
  }

  /** Names the browser tab while a page is shown: use it as the body of an `$effect`. */
  title(text: string): () => void {
    this.pageTitle = text;
    return () => {
      this.pageTitle = '';
    };
  }
}

export const overlays = new Overlays();
