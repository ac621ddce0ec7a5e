// Drafts of review comments. They stay in this browser until they are sent as one run.
import { load, save } from '../../../app/prefs.svelte';
import type { DiffLine } from '../../../text/diff';
import type { Comment } from '../../../text/review';

const STORE = 'jackfield.review.';

export class Review {
  readonly run: string;
  comments: Comment[] = $state([]);
  /** The comment that is being written. */
  editing: Omit<Comment, 'id' | 'text'> | null = $state.raw(null);

  constructor(run: string) {
    this.run = run;
    this.comments = load<Comment[]>(STORE + run, []);
  }

  begin(target: Omit<Comment, 'id' | 'text'>): void {
    this.editing = target;
  }

  add(text: string): void {
    if (!this.editing) return;
    this.comments.push({ ...this.editing, id: Date.now(), text });
    this.editing = null;
    this.#keep();
  }

  remove(id: number): void {
    this.comments = this.comments.filter((comment) => comment.id !== id);
    this.#keep();
  }

  clear(): void {
    this.comments = [];
    this.#keep();
  }

  /** Whether a comment is about this line. */
  at(path: string, line: DiffLine): boolean {
    return this.comments.some((comment) => comment.path === path && line[comment.side] >= comment.from && line[comment.side] <= comment.to && line[comment.side] > 0);
  }

  #keep(): void {
    if (this.comments.length === 0) localStorage.removeItem(STORE + this.run);
    else save(STORE + this.run, $state.snapshot(this.comments));
  }
}
