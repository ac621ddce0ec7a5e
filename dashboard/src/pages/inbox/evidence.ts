// What a hand-off carries: the attempts that were made, as data. Read with care, because its form is free.
import type { CheckResult, Failure } from '../../api/types';

export interface EvidenceAttempt {
  number: number;
  executor: string;
  model: string | null;
  branch: string | null;
  failure: Failure | null;
  checks: CheckResult[];
  files: string[];
  answer: string;
}

export function readEvidence(evidence: unknown): EvidenceAttempt[] {
  const attempts = (evidence as { attempts?: unknown } | null)?.attempts;
  if (!Array.isArray(attempts)) return [];
  return attempts.map((one: Record<string, unknown>, i) => {
    const outcome = one.outcome as { failure?: Failure | null } | null;
    const settled = one.settled as { Failed?: Failure } | null;
    return {
      number: typeof one.number === 'number' ? one.number : i + 1,
      executor: String(one.executor ?? '?'),
      model: typeof one.model === 'string' ? one.model : null,
      branch: typeof one.branch === 'string' ? one.branch : null,
      failure: outcome?.failure ?? settled?.Failed ?? null,
      checks: Array.isArray(one.checks) ? (one.checks as CheckResult[]) : [],
      files: Array.isArray(one.files) ? one.files.map(String) : [],
      answer: typeof one.answer === 'string' ? one.answer : '',
    };
  });
}
