// Review comments on a diff, and the instruction of the run that answers them.

export interface Comment {
  id: number;
  path: string;
  side: 'before' | 'after';
  from: number;
  to: number;
  /** The lines as they are in the diff, with their sign. */
  lines: string[];
  text: string;
}

const MOST_LINES = 30;

export function place(comment: Pick<Comment, 'path' | 'side' | 'from' | 'to'>): string {
  const range = comment.from === comment.to ? `line ${comment.from}` : `lines ${comment.from}–${comment.to}`;
  return `${comment.path}, ${range}${comment.side === 'before' ? ' (old)' : ''}`;
}

/** One instruction with all comments: where, which lines, what is said. */
export function reviewInstruction(comments: Comment[], about: { title: string; run: string; branch: string | null }, intro: string): string {
  const parts = [`Address the review comments on the work “${about.title}” (run ${about.run}).`];
  if (about.branch) parts.push(`The work is on the branch ${about.branch}. Merge that branch first, then change what the comments ask for and nothing else.`);
  if (intro.trim()) parts.push(intro.trim());
  comments.forEach((comment, i) => {
    const lines = comment.lines.slice(0, MOST_LINES);
    if (comment.lines.length > MOST_LINES) lines.push('…');
    const fence = lines.some((line) => line.includes('```')) ? '~~~~' : '```';
    parts.push([`## ${i + 1}. ${place(comment)}`, `${fence}diff`, ...lines, fence, comment.text.trim()].join('\n'));
  });
  return parts.join('\n\n');
}
