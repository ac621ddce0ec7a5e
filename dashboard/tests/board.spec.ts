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
  await steps.fill('[{ "skill_id": "prd", "inputs_mapping": { "discovery": "$.artifacts.discovery.md" } }]')
  await expect(found).toContainText('no errors')
  await form.getByLabel('If the work fails').selectOption('revert')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('The recipe of prd is saved.')).toBeVisible()
  const record = await world.call<{ version: number; recipe: { on_fail: string; steps: unknown[] } }>('GET', `/api/stage-recipes/prd?workspace=${workspace}`)
  expect(record.recipe).toMatchObject({ on_fail: 'revert' })
  expect(record.recipe.steps).toHaveLength(1)

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
  await world.open(page, '/board')
  await expect(tile(page, 'Drawer').first()).toBeVisible()
  expect(await page.locator('[data-card]').count()).toBeLessThan(200)
  const cards = column(page, 'build').getByRole('list')
  await cards.hover()
  await expect(async () => {
    await page.mouse.wheel(0, 20_000)
    await expect(tile(page, 'Drawer 597')).toBeVisible({ timeout: 50 })
  }).toPass({ intervals: [20] })
  expect(await page.locator('[data-card]').count()).toBeLessThan(200)
  await page.keyboard.press('/')
  await page.keyboard.type('Drawer 597')
  await expect(page).toHaveURL(/q=Drawer/)
  await expect(column(page, 'build').locator('[data-card]')).toHaveCount(1)
})
