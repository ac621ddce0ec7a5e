// A refused or failed call as an error that a person can act on.
import type { ProblemDocument } from './types';

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string | undefined;
  /** Seconds to wait, from `Retry-After`. */
  readonly retryAfter: number | undefined;

  constructor(status: number, code: string, detail: string, remedy?: string, retryAfter?: number) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.remedy = remedy;
    this.retryAfter = retryAfter;
  }

  /** The host did not answer at all. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get('retry-after'));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : undefined;
  try {
    const body = (await response.json()) as Partial<ProblemDocument>;
    const detail = body.detail ?? body.title ?? `the host answered ${response.status}`;
    return new Problem(response.status, body.code ?? 'unknown', detail, body.remedy || undefined, retryAfter);
  } catch {
    return new Problem(response.status, 'unknown', `the host answered ${response.status}`, undefined, retryAfter);
  }
}

/** Any thrown value as a problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) {
    return new Problem(0, 'unreachable', 'The host does not answer.', 'Start it with `jackfield serve`.');
  }
  return new Problem(-1, 'client', error instanceof Error ? error.message : String(error));
}
