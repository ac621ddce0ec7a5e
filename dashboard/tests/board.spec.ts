// The board: cards that are written, worked on, moved, approved; recipes and skills.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { confirm, expect, GUARD_MS, test, type Page, type World } from './world'

test.use({ own: 'board' })

interface Card {
  id: string
  workspace: string
  stage: string
  state: string
  run: string | null
  version: number
}

const SECTIONS = ['Summary', 'Problems', 'Feature requests', 'Jobs and context', 'Open questions']
/** `$folder` is the folder of the card, as the prompt names it. */
const FOLDER = "folder=$(sed -n 's/.*`\\(docs\\/cards\\/[^/`]*\\)\\/[^`]*`.*/\\1/p' \"$asked\" | head -1); mkdir -p \"$folder\""
const RESEARCH = `${FOLDER}; printf '%s\\n\\nNone.\\n\\n' ${SECTIONS.map((name) => `'## ${name}'`).join(' ')} > "$folder/research.md"`

const outputs = (more: object): string =>
  `Written.\\n\\n`.replaceAll('\\n', '\n') + '```json\n' + JSON.stringify({ research: 'research.md', summary: 'Tabs break the parser.', problems: [], feature_requests: [], open_questions: [], ...more }) + '\n```'

const add = (world: World, title: string, more: Record<string, unknown> = {}): Promise<Card> =>
  world.call<Card>('POST', '/api/cards', { title, body: 'Ann: the drawer is stuck.', workspace: world.repository, stage: 'build', ...more })

const read = async (world: World, id: string): Promise<Card> => (await world.call<{ card: Card }>('GET', `/api/cards/${id}`)).card

const column = (page: Page, stage: string) => page.getByRole('region', { name: stage, exact: true })
const tile = (page: Page, title: string) => page.locator('[data-card]', { hasText: title })
const focus = (page: Page, title: string) => tile(page, title).getByRole('link', { name: title }).focus()

test('card made from a pasted transcript appears in the inbox, and its run starts', async ({ context, page, world }) => {
  test.slow()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  world.agent({ work: `sleep 3; ${RESEARCH}`, answer: outputs({}) })
  await world.open(page, '/board')
  await expect(page.getByText('jackfield card add')).toBeVisible()
  await page.keyboard.press('n')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Title').fill('Call with Ann')
  const transcript = Array.from({ length: 2_000 }, (_, line) => `Ann, line ${line}: the parser breaks on tabs.`).join('\n')
  await page.evaluate((text) => navigator.clipboard.writeText(text), transcript)
  await dialog.getByLabel('Text').focus()
  await page.keyboard.press('Control+v')
  await dialog.getByLabel('Workspace').fill(world.repository)
  await dialog.getByLabel('Labels').fill('call, parser')
  await dialog.getByRole('button', { name: 'Add the card' }).click()
  await expect(dialog).toBeHidden()
  const card = column(page, 'inbox').locator('[data-card]', { hasText: 'Call with Ann' })
  await expect(card).toContainText('parser')
  await expect(card.getByRole('link', { name: /Locked by run/ })).toBeVisible()
  await expect(card).toContainText('running')

  // A locked card stays, and the refusal names its run.
  await focus(page, 'Call with Ann')
  await page.keyboard.press('Shift+ArrowRight')
  await expect(page.getByText(/is locked by its run \w{6}/).first()).toBeVisible()
  await expect(column(page, 'inbox')).toContainText('Call with Ann')
  await page.keyboard.press('Enter')
  const panel = page.getByRole('complementary', { name: 'Card' })
  await expect(panel.getByText(/Locked by/)).toBeVisible()
  await expect(panel.getByRole('button', { name: 'Move', exact: true })).toBeDisabled()
  await expect(panel.getByText('Ann, line 3:')).toBeVisible()
  await expect(panel.getByRole('button', { name: /show the whole text/ })).toBeVisible()
  await expect(panel.getByText('transcript-insights').first()).toBeVisible()

  // The recipe of the inbox is automatic: its end moves the card.
  await expect(column(page, 'discovery')).toContainText('Call with Ann', { timeout: 20_000 })
  await expect(panel.getByText('inbox → discovery')).toBeVisible()
})

test('card is moved by the dialog, by the arrows and by a drag', async ({ page, world }) => {
  const { id } = await add(world, 'Oil the drawer')
  await world.open(page, '/board')
  await expect(column(page, 'build')).toContainText('Oil the drawer')
  await focus(page, 'Oil the drawer')
  await page.keyboard.press('m')
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('option', { name: /^prd/ })).toContainText('starts by itself: 4 steps')
  await expect(dialog.getByRole('option', { name: /^validate/ })).toContainText('waits for a person')
  await page.keyboard.type('alp')
  await expect(dialog.getByRole('option')).toHaveCount(1)
  await expect(dialog.getByRole('option', { name: /^alpha/ })).toContainText('Nothing starts by itself')
  await page.keyboard.press('Enter')
  await expect(column(page, 'alpha')).toContainText('Oil the drawer')
  await expect(page.locator('[data-announcer]')).toContainText('Oil the drawer is in alpha.')
  await expect(tile(page, 'Oil the drawer').getByRole('link', { name: 'Oil the drawer' })).toBeFocused()

  await page.keyboard.press('Shift+ArrowRight')
  await expect(column(page, 'beta')).toContainText('Oil the drawer')
  await expect.poll(async () => (await read(world, id)).stage).toBe('beta')
  await page.keyboard.press('Shift+ArrowLeft')
  await expect(column(page, 'alpha')).toContainText('Oil the drawer')
  await expect.poll(async () => (await read(world, id)).stage).toBe('alpha')

  await tile(page, 'Oil the drawer').dragTo(column(page, 'build'))
  await expect(column(page, 'build')).toContainText('Oil the drawer')
  await expect.poll(async () => (await read(world, id)).stage).toBe('build')
})

test('move that the host refuses is taken back with the reason', async ({ page, world }) => {
  const card = await add(world, 'Paint the till')
  await world.open(page, '/board')
  await expect(column(page, 'build')).toContainText('Paint the till')
  // Somebody else changes the card, and this browser does not hear of it.
  await page.route(`**/api/cards/${card.id}/move`, async (route) => {
    await world.call('PATCH', `/api/cards/${card.id}`, { priority: 3 })
    await route.continue()
  })
  await focus(page, 'Paint the till')
  await page.keyboard.press('Shift+ArrowRight')
  await expect(page.getByText(/failed to change card/).first()).toBeVisible()
  await expect(column(page, 'build')).toContainText('Paint the till')
  await expect(page.locator('[data-announcer]')).toContainText('stays in build')
  expect((await read(world, card.id)).stage).toBe('build')
})

test('card that waits is started and approved, with the reason on record', async ({ page, world }) => {
  await world.call('PATCH', '/api/stage-recipes/alpha', {
    workspace: world.repository, version: 0,
    recipe: { automation_level: 'human_approval', on_fail: 'stay', steps: [{ skill_id: 'transcript-insights', inputs_mapping: { transcript: '$.card.body' } }], gates: [] },
  })
  world.agent({ work: RESEARCH, answer: outputs({}) })
  const { id } = await add(world, 'Ask Bob', { stage: 'alpha' })
  await world.open(page, `/board?card=${id}`)
  const panel = page.getByRole('complementary', { name: 'Card' })
  await expect(panel.getByText('needs start')).toBeVisible()
  await page.keyboard.press('s')
  await expect(panel.getByText('needs review')).toBeVisible({ timeout: 20_000 })
  await panel.getByRole('button', { name: 'Approve' }).click()
  await confirm(page, 'Approve', { Reason: 'Bob agrees' })
  await expect(column(page, 'beta')).toContainText('Ask Bob')
  await expect(panel.getByText('alpha → beta')).toBeVisible()
  await expect(panel.getByText('Bob agrees')).toBeVisible()
})

test('open questions of a card are answered in the panel', async ({ page, world }) => {
  test.slow()
  const { id, workspace } = await add(world, 'Sell the till', { stage: 'ga' })
  await world.call('PATCH', '/api/stage-recipes/ga', {
    workspace, version: 0,
    recipe: { automation_level: 'manual', on_fail: 'create_questions', gates: [{ id: 'price', kind: 'file_exists', config: { path: '{folder}/price.md' } }], steps: [{ skill_id: 'transcript-insights', inputs_mapping: { transcript: '$.card.body' } }] },
  })
  world.agent({ work: `${RESEARCH}; if grep -q 'a hundred' "$asked"; then echo 100 > "$folder/price.md"; fi`, answer: outputs({ open_questions: ['What does it cost?'] }) })
  await world.open(page, `/board?card=${id}`)
  const panel = page.getByRole('complementary', { name: 'Card' })
  await panel.getByRole('button', { name: 'Start' }).click()
  await expect(panel.getByRole('heading', { name: 'What does it cost?' })).toBeVisible({ timeout: 30_000 })
  await panel.getByLabel('Answer', { exact: true }).fill('a hundred')
  await panel.getByRole('button', { name: 'Answer', exact: true }).click()
  await expect(panel.getByText('needs review')).toBeVisible({ timeout: 30_000 })
})

/** Saves a recipe that a person starts, for a stage whose recipe no other story has edited. */
const manual = (world: World, stage: string, steps: object[], gates: object[] = []) =>
  world.call('PATCH', `/api/stage-recipes/${stage}`, { workspace: world.repository, version: 0, recipe: { automation_level: 'manual', on_fail: 'stay', steps, gates } })
const INSIGHTS = { skill_id: 'transcript-insights', inputs_mapping: { transcript: '$.card.body' } }

/** Starts the stage of a card, and waits until its work is over. */
async function work(world: World, id: string, state: string): Promise<void> {
  await world.call('POST', `/api/cards/${id}/start`, {})
  await expect.poll(async () => (await read(world, id)).state, { timeout: 45_000 }).toBe(state)
}

const DOCUMENT = `# Drawer
| Drawer | Cents |
|--------|------:|
| left   | **120** |

- [x] counted
- [ ] oiled

See [the notes](notes.txt), [bad](javascript:window.hacked=1) and ![plan](https://evil.example/plan.png).

<script>window.hacked = 2</script>

<img src=x onerror="window.hacked=3"> \u202Egpj.exe
`

test('document of a card is read in the panel, and what is hostile in it does nothing', async ({ page, world }) => {
  test.slow()
  await manual(world, 'discovery', [INSIGHTS])
  const write = `cat > "$folder/research.md" <<'DOC'\n${DOCUMENT}DOC\necho 'two <b>drawers</b>' > "$folder/notes.txt"; seq 1 100000 | sed 's/$/ <b>/' > "$folder/long.md"`
  world.agent({ work: `${FOLDER}; ${write}`, answer: outputs({}) })
  const { id } = await add(world, 'Read the drawer', { stage: 'discovery' })
  await work(world, id, 'awaiting_review')
  const elsewhere: string[] = []
  page.on('request', (request) => { if (!request.url().startsWith(world.url)) elsewhere.push(request.url()) })
  await world.open(page, `/board?card=${id}`)
  const panel = page.getByRole('complementary', { name: 'Card' })
  await panel.getByRole('link', { name: 'research.md' }).click()
  await expect(panel.getByRole('heading', { name: 'research.md' })).toBeFocused()
  await expect(panel.getByRole('columnheader', { name: 'Cents' })).toBeVisible()
  await expect(panel.getByRole('cell', { name: '120' })).toBeVisible()
  await expect(panel.getByRole('img', { name: 'done' })).toBeVisible()
  await expect(panel.getByText('<script>window.hacked = 2</script>')).toBeVisible()
  await expect(panel.getByText('(javascript:window.hacked=1)')).toBeVisible()
  await expect(panel.getByText('[U+202E]')).toBeVisible()
  await expect(panel.getByRole('link', { name: 'image: plan' })).toHaveAttribute('rel', /noopener/)
  const seen = await page.evaluate(() => ({
    hacked: (window as unknown as { hacked?: number }).hacked,
    images: document.querySelectorAll('aside img').length,
    links: [...document.links].filter(({ protocol }) => !['http:', 'https:', 'mailto:'].includes(protocol)).length,
  }))
  expect(seen).toEqual({ hacked: undefined, images: 0, links: 0 })

  // A relative link opens another document of the card, and Esc leads back to the list.
  await panel.getByRole('link', { name: 'the notes' }).click()
  await expect(panel.getByRole('heading', { name: 'notes.txt' })).toBeFocused()
  await expect(panel.getByText('two <b>drawers</b>')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(panel.getByRole('link', { name: 'notes.txt' })).toBeFocused()

  await panel.getByRole('link', { name: 'long.md' }).click()
  await panel.getByRole('button', { name: /show the rest as text/ }).click()
  await expect(panel.getByRole('group', { name: 'Rest of the text' })).toContainText('50000 <b>')
  await panel.getByRole('button', { name: 'Close the document' }).click()
  await expect(panel.getByRole('link', { name: 'long.md' })).toBeFocused()
  expect(elsewhere).toEqual([])
})

test('gate that failed is a chip on the card with its message', async ({ page, world }) => {
  test.slow()
  const exists = (id: string, more: object = {}) => ({ id, kind: 'file_exists', config: { path: `{folder}/${id}.md` }, ...more })
  await manual(world, 'design', [INSIGHTS], [exists('research'), exists('price', { name: 'Price list', failure_message: 'price.md is missing' })])
  world.agent({ work: RESEARCH, answer: outputs({}) })
  const { id } = await add(world, 'Price the drawers', { stage: 'design' })
  await work(world, id, 'blocked')
  await world.open(page, `/board?card=${id}`)
  const card = tile(page, 'Price the drawers')
  await expect(card.getByRole('img', { name: 'Gate Price list failed: price.md is missing' })).toBeVisible()
  await expect(card.getByRole('img', { name: '1 of 2 gates passed' })).toBeVisible()
  const gates = page.getByRole('complementary', { name: 'Card' }).getByRole('region', { name: 'Gates' })
  await expect(gates.getByRole('listitem').filter({ hasText: 'Price list' })).toContainText(/failed.*price\.md is missing/)
  await expect(gates.getByRole('listitem').filter({ hasText: 'research' })).toContainText('passed')
})

test('tickets and dependencies open each other, and a cycle is refused', async ({ page, world }) => {
  test.slow()
  const inputs = { prd: '$.card.body', engineering_spec: '$.card.body' }
  await manual(world, 'tickets', [{ skill_id: 'tickets', inputs_mapping: inputs, outputs_mapping: { items: 'cards' } }])
  const ticket = (key: string, title: string, ...depends_on: string[]) => ({ key, title, body: 'Do it.', type: 'feature', size: 'S', depends_on, requirements: [] })
  const cut = { tickets: 'tickets.md', items: [ticket('T1', 'Saw the board'), ticket('T2', 'Glue the board', 'T1')], summary: 'Two tickets.', open_questions: [] }
  world.agent({ work: `${FOLDER}; echo '## Tickets' > "$folder/tickets.md"`, answer: `\`\`\`json\n${JSON.stringify(cut)}\n\`\`\`` })
  const { id } = await add(world, 'Make a shelf', { stage: 'tickets' })
  await add(world, 'Buy wood')
  await work(world, id, 'awaiting_review')
  await world.open(page, `/board?card=${id}`)
  const panel = page.getByRole('complementary', { name: 'Card' })
  const links = (name: string) => panel.getByRole('region', { name, exact: true }).getByRole('link')
  const titled = (title: string) => panel.getByRole('heading', { name: title, exact: true })
  await expect(links('Tickets')).toHaveText(['Saw the board', 'Glue the board'])
  await links('Tickets').last().click()
  await expect(titled('Glue the board')).toBeFocused()
  await links('Depends on').click()
  await expect(titled('Saw the board')).toBeFocused()
  await expect(links('Needed by')).toHaveText('Glue the board')
  await page.goBack()
  await expect(titled('Glue the board')).toBeVisible()
  await links('Depends on').click()
  await links('Cut from').click()
  await expect(titled('Make a shelf')).toBeVisible()

  await links('Tickets').first().click()
  await expect(titled('Saw the board')).toBeVisible()
  await panel.getByRole('button', { name: 'Edit' }).click()
  const dialog = page.getByRole('dialog')
  const more = dialog.getByRole('combobox', { name: 'Add a card that it depends on' })
  await more.fill('glue')
  await dialog.getByRole('option', { name: /Glue the board/ }).click()
  await expect(dialog.getByRole('button', { name: 'Remove Glue the board' })).toBeVisible()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('alert')).toContainText('that one depends on it')
  await dialog.getByRole('button', { name: 'Remove Glue the board' }).click()
  await more.fill('wood')
  await expect(dialog.getByRole('option')).toHaveCount(1)
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await expect(links('Depends on')).toHaveText('Buy wood')
})

test('jury of a card is shown with its ballots, and its steps are one line', async ({ page, world }) => {
  test.slow()
  const personas = ['Ann', 'Ben', 'Cat'].map((name) => ({ name: `Persona ${name}`, background: 'Sells bread.', goals: [], deal_breakers: [] }))
  const step = { skill_id: 'jury-ballot', inputs_mapping: { proposal: '$.card.body' }, jury: { quorum: 2, personas } }
  await manual(world, 'validate', [step], [{ id: 'jury', name: 'Jury', kind: 'jury_score', subject: 'card', config: { threshold: 70 } }])
  const scores = ['value', 'trust'].map((dimension) => ({ dimension, score: 0, reason: `The reason for ${dimension}.`, quote: 'the drawer is stuck' }))
  const ballot = JSON.stringify({ scores, overall: 0, dissent: 'It costs too much.' }).replaceAll(/"(score|overall)":0/g, '"$1":@SCORE@')
  // The ballot of Cat has no score, so that it is missing.
  world.agent({ work: `score=; if grep -q 'Persona Ann' "$asked"; then score=80; elif grep -q 'Persona Ben' "$asked"; then score=40; fi`, answer: `\`\`\`json\n${ballot}\n\`\`\`` })
  const { id } = await add(world, 'Judge the drawers', { stage: 'validate' })
  await work(world, id, 'blocked')
  await world.open(page, `/board?card=${id}`)
  await expect(tile(page, 'Judge the drawers').getByRole('img', { name: /Gate Jury failed/ })).toBeVisible()
  const panel = page.getByRole('complementary', { name: 'Card' })
  const jury = panel.getByRole('region', { name: 'Jury' })
  await expect(jury).toContainText('60 of 100 · spread 20')
  await expect(jury).toContainText('2 ballots, quorum 2')
  await expect(jury.getByRole('row', { name: /trust/ })).toContainText('40–80')
  await expect(jury).toContainText('No ballot from: Persona Cat')
  await expect(jury.getByText('Persona Ben: It costs too much.')).toBeVisible()
  await jury.locator('summary', { hasText: '2 ballots' }).click()
  await jury.locator('summary', { hasText: 'Persona Ann' }).click()
  await expect(jury.getByText('The reason for trust.').first()).toBeVisible()
  await expect(jury.getByText('the drawer is stuck').first()).toBeVisible()
  await panel.locator('summary', { hasText: '2 of 3 ballots' }).click()
  await expect(panel.locator('details[open] .step')).toHaveCount(3)
})

test('card is edited and removed after a question', async ({ page, world }) => {
  const { id } = await add(world, 'Rname the till')
  await world.open(page, `/board?card=${id}`)
  const panel = page.getByRole('complementary', { name: 'Card' })
  await panel.getByRole('button', { name: 'Edit' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Title').fill('Rename the till')
  await dialog.getByLabel('Labels').fill('naming')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await expect(tile(page, 'Rename the till')).toContainText('naming')
  await panel.getByRole('button', { name: 'Remove' }).click()
  await confirm(page, 'Remove the card')
  await expect(tile(page, 'Rename the till')).toHaveCount(0)
})

test('recipe is checked while it is edited, saved, and a conflict is shown', async ({ page, world }) => {
  const { workspace } = await add(world, 'For its workspace')
  await world.open(page, `/board/recipes?workspace=${workspace}&stage=prd`)
  const form = page.getByRole('form', { name: 'Recipe of prd' })
  const found = form.getByRole('status', { name: 'Check of the recipe' })
  await expect(found).toContainText('no errors')
  const steps = form.getByLabel('Steps (JSON)')
  await steps.fill('[{ "skill_id": "nobody" }]')
  await expect(found).toContainText("there is no skill 'nobody'")
  await expect(form.getByRole('button', { name: 'Save' })).toBeDisabled()
  await steps.fill('[{')
  await expect(found).toContainText('steps:')
  await steps.fill('[{ "skill_id": "jury-ballot", "inputs_mapping": { "proposal": "$.card.body" }, "jury": { "quorum": 50 } }]')
  await expect(found).toContainText('the quorum is 1 to 12')
  const items = { skill_id: 'tickets', inputs_mapping: { prd: '$.card.body', engineering_spec: '$.card.body' }, outputs_mapping: { items: 'cards' } }
  const ballots = { skill_id: 'jury-ballot', inputs_mapping: { proposal: '$.card.body' }, jury: { quorum: 8 } }
  await steps.fill(JSON.stringify([ballots, items, { skill_id: 'build-ticket', inputs_mapping: { ticket: '$.card.body' }, changes: true }]))
  const gate = { id: 'jury', kind: 'jury_score', subject: 'card', config: { threshold: 60 } }
  await form.getByLabel('Gates (JSON)').fill(JSON.stringify([gate]))
  await expect(found).toContainText('no errors')
  await form.getByLabel('If the work fails').selectOption('revert')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('The recipe of prd is saved.')).toBeVisible()
  const record = await world.call<{ version: number; recipe: { on_fail: string; steps: unknown[]; gates: unknown[] } }>('GET', `/api/stage-recipes/prd?workspace=${workspace}`)
  expect(record.recipe).toMatchObject({ on_fail: 'revert', gates: [gate] })
  expect(record.recipe.steps).toMatchObject([ballots, items, { changes: true }])

  await world.call('PATCH', '/api/stage-recipes/prd', { workspace, version: record.version, recipe: { ...record.recipe, on_fail: 'stay' } })
  await form.getByLabel('Executor').fill('claude')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form.getByRole('alert')).toBeVisible()
  await form.getByRole('button', { name: /load the current recipe/ }).click()
  await expect(form.getByLabel('If the work fails')).toHaveValue('stay')

  await page.getByLabel('Mode').selectOption('auto_to_stage')
  await page.getByLabel('Stop stage').selectOption('design')
  await page.getByRole('region', { name: 'Automation' }).getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('The settings are saved.')).toBeVisible()
  expect(await world.call('GET', `/api/workspaces/${workspace}/settings`)).toMatchObject({ automation_mode: 'auto_to_stage', automation_stop_stage: 'design' })
})

test('skill is read from the folder, vetted with its findings shown, and distrusted', async ({ page, world }) => {
  const folder = join(world.data, 'skills', 'count-drawers')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'SKILL.md'), '---\nname: count-drawers\ndescription: Counts drawers. See https://example.com/drawers.\n---\n\n# Count drawers\n\nCount them.\n')
  writeFileSync(join(folder, 'prompt.txt'), 'Count the drawers of {{card.title}}.\n')
  await world.open(page, '/board/skills')
  await page.getByRole('button', { name: 'Sync' }).click()
  await expect(page.getByText(/1 added/)).toBeVisible()
  await page.getByRole('navigation', { name: 'Skills' }).getByRole('button', { name: /count-drawers/ }).click()
  const details = page.getByRole('region', { name: 'Details' })
  await expect(details.getByText('experimental', { exact: true })).toBeVisible()
  await expect(details.getByText('Count the drawers of {{card.title}}.')).toBeVisible()
  await details.getByRole('button', { name: 'Vet', exact: true }).click()
  await confirm(page, 'Vet the skill')
  await expect(details.getByText('vetted', { exact: true })).toBeVisible()
  await details.getByRole('button', { name: 'Mark experimental' }).click()
  await confirm(page, 'Mark experimental')
  await expect(details.getByText('experimental', { exact: true })).toBeVisible()
})

test('phone shows one stage at a time, and the card over it', async ({ page, world }) => {
  await add(world, 'On a phone', { stage: 'beta' })
  await page.setViewportSize({ width: 390, height: 844 })
  await world.open(page, '/board')
  await page.getByRole('navigation', { name: 'Stage' }).getByRole('link', { name: /beta/ }).click()
  await tile(page, 'On a phone').click()
  const panel = page.getByRole('complementary', { name: 'Card' })
  await expect(panel).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await panel.getByRole('button', { name: 'Move', exact: true }).click()
  await page.waitForTimeout(GUARD_MS)
  await page.getByRole('option', { name: /^ga/ }).click()
  await panel.getByRole('button', { name: 'Close the card' }).click()
  await page.getByRole('navigation', { name: 'Stage' }).getByRole('link', { name: /^ga/ }).click()
  await expect(tile(page, 'On a phone')).toBeVisible()
})

test('column of hundreds of cards keeps few of them in the document', async ({ page, world }) => {
  test.setTimeout(90_000)
  const many = Array.from({ length: 600 }, (_, number) => number)
  for (let from = 0; from < many.length; from += 50) {
    await Promise.all(many.slice(from, from + 50).map((number) => add(world, `Drawer ${number}`, { stage: ['build', 'alpha', 'beta'][number % 3] })))
  }
  // Cards that were created at once have no order among themselves.
  await add(world, 'Last cupboard', { stage: 'build' })
  await world.open(page, '/board')
  await expect(tile(page, 'Drawer').first()).toBeVisible()
  expect(await page.locator('[data-card]').count()).toBeLessThan(200)
  const cards = column(page, 'build').getByRole('list')
  await cards.hover()
  await expect(async () => {
    await page.mouse.wheel(0, 20_000)
    await expect(tile(page, 'Last cupboard')).toBeVisible({ timeout: 50 })
  }).toPass({ intervals: [20] })
  expect(await page.locator('[data-card]').count()).toBeLessThan(200)
  await page.keyboard.press('/')
  await page.keyboard.type('Last cupboard')
  await expect(page).toHaveURL(/q=Last/)
  await expect(column(page, 'build').locator('[data-card]')).toHaveCount(1)
})
