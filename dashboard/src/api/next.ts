// Types of routes and fields that ../tests/snapshots/openapi.json does not describe yet.
// When `npm run api` brings one of them, delete it here.

export interface Session {
  id: string;
  name: string;
  scopes: ('read' | 'execute' | 'work' | 'admin')[];
  sees: 'all' | 'own';
  created_at: string;
  expires_at: string;
  used_at?: string | null;
  version: string;
}

export interface SessionOpened {
  key: string;
  session: Session;
}

export type VerifiedState = 'passed' | 'failed' | 'not_checked';

export interface NextRunSummary {
  principal?: string;
  /** The run stays queued until then: a retry, or a provider that rests. */
  not_before?: string | null;
  verified?: VerifiedState | null;
  files_changed?: number | null;
  last_event?: { at: string; kind: string; text: string } | null;
  started_at?: string | null;
}

export interface NextTaskSummary {
  /** The first characters of the instruction. */
  summary?: string;
}

export interface RunFile {
  path: string;
  old_path: string | null;
  kind: 'added' | 'modified' | 'deleted' | 'renamed';
  added: number | null;
  removed: number | null;
  binary: boolean;
}

export interface SpendRow {
  day: string;
  executor: string;
  model: string | null;
  workspace: string;
  workspace_name: string;
  attempts: number;
  cost: number;
  billed: number;
  equivalent: number;
}

export interface ConfigAnswer {
  file: string | null;
  settings: { key: string; value: unknown; source: 'default' | 'file' | 'environment' | 'flag' }[];
}

/** GET routes that are not in the description yet, with what they answer. */
export interface NextGets {
  '/api/session': Session;
  '/api/sessions': Session[];
  '/api/spend': SpendRow[];
  '/api/config': ConfigAnswer;
  '/api/runs/{run}/files': RunFile[];
}
