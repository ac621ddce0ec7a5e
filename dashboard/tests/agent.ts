// A program in place of Claude Code: it does some work in its worktree and prints what the real one would print.

export type Said =
  | { say: string }
  | { tool: string; input: Record<string, unknown>; output?: string; fails?: boolean }

export interface Agent {
  /** Shell lines that run in the worktree. `$asked` is a file with the instruction, `$RUNG` the rung of the ladder. */
  work?: string
  steps?: Said[]
  /** `@SCORE@` in it is `$score`, if the work sets that. */
  answer?: string
  usd?: number
  /** The steps report no tokens: many of them would reach the limit of the day. */
  free?: boolean
  /** Shell lines after the steps, before the answer. */
  before?: string
}

/** Stands for the model that the program was started with. */
const MODEL = '@MODEL@'
const SESSION = '8a013510-de11-4d51-8373-0eab0d374494'

/** The lines of a transcript, up to the answer. */
export function steps(said: Said[], free = false): string[] {
  const usage = free ? { input_tokens: 0, output_tokens: 0 } : { input_tokens: 1234, cache_creation_input_tokens: 0, cache_read_input_tokens: 9000, output_tokens: 80 }
  const begin = { type: 'system', subtype: 'init', cwd: '/w', session_id: SESSION, tools: ['Bash', 'Edit', 'Read', 'Write'], mcp_servers: [], model: MODEL, permissionMode: 'acceptEdits', apiKeySource: 'ANTHROPIC_API_KEY', claude_code_version: '2.1.197' }
  const lines: unknown[] = [begin]
  said.forEach((step, number) => {
    const id = `toolu_${number}`
    const block = 'say' in step ? { type: 'text', text: step.say } : { type: 'tool_use', id, name: step.tool, input: step.input }
    lines.push({ type: 'assistant', message: { id: `msg_${number}`, type: 'message', role: 'assistant', model: MODEL, content: [block], stop_reason: null, usage }, parent_tool_use_id: null, session_id: SESSION })
    if ('tool' in step) {
      const result = { tool_use_id: id, type: 'tool_result', content: step.output ?? '', is_error: step.fails ?? false }
      lines.push({ type: 'user', message: { role: 'user', content: [result] }, parent_tool_use_id: null, session_id: SESSION })
    }
  })
  return lines.map((line) => JSON.stringify(line))
}

/** The line that ends a transcript. */
function result(answer: string, usd: number): string {
  const usage = { input_tokens: 3702, cache_creation_input_tokens: 600, cache_read_input_tokens: 48_000, output_tokens: 1680 }
  const used = { inputTokens: 3702, outputTokens: 1680, cacheReadInputTokens: 48_000, cacheCreationInputTokens: 600, webSearchRequests: 0, costUSD: usd, contextWindow: 200_000, maxOutputTokens: 32_000 }
  return JSON.stringify({ type: 'result', subtype: 'success', is_error: false, duration_ms: 221, num_turns: 3, result: answer, stop_reason: 'end_turn', session_id: SESSION, total_cost_usd: usd, usage, modelUsage: { [MODEL]: used }, permission_denials: [] })
}

/** The script of the stand-in; `transcript` is a file with the steps. */
export function script({ work = '', answer = 'Done.', usd = 0.0168, before = '' }: Agent, transcript: string): string {
  return `#!/bin/sh
case "$1" in --version) echo '2.1.197 (Claude Code)'; exit 0;; esac
model=claude-sonnet-4-5
while [ $# -gt 0 ]; do
  if [ "$1" = --model ]; then model=$2; fi
  shift
done
asked=$(mktemp)
cat > "$asked"
${work}
rm "$asked"
sed "s/${MODEL}/$model/" '${transcript}'
${before}
sed -e "s/${MODEL}/$model/" -e "s/@SCORE@/$score/g" <<'RECORDED'
${result(answer, usd)}
RECORDED
`
}
