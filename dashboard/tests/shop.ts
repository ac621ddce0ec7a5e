// A shop's till as a project: runs of every kind with the titles, the money and the words of real work.
import type { Said } from './agent'
import type { Run, World } from './world'

const TAX = `//! Tax of a receipt.

/// The rate of a class of goods, in basis points.
pub fn rate(class: Class) -> u32 {
    match class {
        Class::Reduced => 700,
        Class::Standard => 1_900,
    }
}

/// The tax of a line, rounded half to even.
pub fn tax(line: &Line) -> Cents {
    let exact = line.net() * u64::from(rate(line.class));
    Cents::half_even(exact, 10_000)
}
`

const read = (path: string, output: string): Said => ({ tool: 'Read', input: { file_path: path }, output })
const bash = (command: string, output: string, fails = false): Said => ({ tool: 'Bash', input: { command }, output, fails })
const edit = (path: string): Said => ({ tool: 'Edit', input: { file_path: path, old_string: 'round()', new_string: 'half_even()' }, output: `The file ${path} was updated` })

const STEPS: Said[] = [
  { say: 'I read the tax code and its tests first.' },
  read('src/tax.rs', 'pub fn tax(line: &Line) -> Cents'),
  read('src/receipt.rs', 'pub struct Receipt'),
  read('tests/receipt.rs', 'fn tax_of_a_mixed_receipt()'),
  bash('cargo test --test receipt', 'test tax_of_a_mixed_receipt ... FAILED\n\n  left: 1234\n right: 1233', true),
  { say: 'The test expects half-to-even rounding. `f64::round` rounds half away from zero.' },
  edit('src/tax.rs'),
  edit('src/receipt.rs'),
  bash('cargo test --test receipt', 'test result: ok. 14 passed; 0 failed'),
]

const ANSWER = `The tax of a line is rounded **half to even** now.

- \`src/tax.rs\`: integer arithmetic in place of \`f64\`
- \`src/receipt.rs\`: sums the lines, not the rounded total
- two new tests cover amounts that end in half a cent`

/** The work of one agent, as shell lines. */
function writes(files: Record<string, string>): string {
  return Object.entries(files)
    .map(([path, text]) => `mkdir -p "$(dirname '${path}')"; cat > '${path}' <<'TEXT'\n${text}TEXT`)
    .join('\n')
}

export interface Shop {
  /** A run that failed its check once and succeeded on the stronger rung. */
  tax: Run
}

/** Fills the world. The last runs are one that waits for a person and one that goes on. */
export async function open(world: World): Promise<Shop> {
  world.agent({ work: writes({ 'src/drawer.rs': '/// Opens the drawer.\npub fn open() {}\n' }), steps: STEPS.slice(0, 3), answer: 'The drawer opens after a cash payment.' })
  await world.choose('Open the drawer after a cash payment', ['test -f src/drawer.rs'])
  world.agent({ work: writes({ 'src/export.rs': 'pub fn csv() {}\n', 'docs/export.md': '# Export\n' }), steps: STEPS.slice(0, 5), answer: 'Receipts are exported as CSV.' })
  await world.choose('Export receipts as CSV', ['test -f src/export.rs'])
  await world.run('grep -rn "fn " . | wc -l; sleep 0.4; echo done', { title: 'Count the functions', expect: 'answer' })
  world.agent({ steps: STEPS.slice(0, 2), answer: 'The queue is read twice: once at start, once per payment. Start with the second.' })
  await world.run('Why is the first payment of the day slow?', { executor: 'claude', expect: 'answer', title: 'Explain the slow first payment' })
  await world.run('sleep 0.3; echo "error: no space left on device" >&2; exit 1', { title: 'Build the release image' })

  world.agent({
    work: `sleep 0.6\nif [ "$RUNG" = strong ]; then\n${writes({ 'src/tax.rs': TAX, 'tests/receipt.rs': '#[test]\nfn half_a_cent() {}\n\n#[test]\nfn mixed_receipt() {}\n', 'src/receipt.rs': 'pub fn total() {}\n' })}\nelse\n${writes({ 'src/tax.rs': 'pub fn tax() {}\n' })}\nfi`,
    steps: STEPS,
    answer: ANSWER,
  })
  const tax = await world.choose('Round the tax half to even', ['grep -q half_even src/tax.rs'], {
    instruction: 'Receipts with reduced and standard tax are one cent off. Round the tax of each line half to even, and add tests.',
    checks: [{ name: 'receipt tests', command: 'grep -q half_even src/tax.rs' }, { name: 'format', command: 'true' }],
  })

  world.agent({ work: writes({ 'src/refund.rs': 'pub fn refund() {}\n' }), steps: STEPS.slice(0, 4), answer: 'A refund is a receipt with negative lines.' })
  await world.choose('Refund a part of a receipt', ['grep -q "partial" src/refund.rs'])
  await world.call('POST', '/api/human-tasks', { title: 'Approve the new tax rates for January', body: 'The rates change on **1 January**.', workspace: world.repository, due_at: new Date(Date.now() + 20 * 86_400_000).toISOString() })

  world.agent({ steps: STEPS.slice(0, 6), before: 'sleep 600' })
  const running = await world.run('Show the change on the customer display', { executor: 'claude', wait_s: 0, title: 'Show the change on the customer display' })
  await world.run('printf "   Compiling till v0.3.0\\n"; printf "test drawer::opens ... ok\\n"; sleep 600', { wait_s: 0, title: 'Run the nightly tests' })
  for (;;) {
    const view = await world.call<{ run: { last_seq: number } }>('GET', `/api/runs/${running.run_id}`)
    if (view.run.last_seq > 14) break
    await new Promise((later) => setTimeout(later, 200))
  }
  return { tax }
}
