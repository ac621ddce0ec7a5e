// axe on every page in both themes: nothing serious. A page that is 390 pixels wide does not scroll sideways.
import AxeBuilder from '@axe-core/playwright'
import { PAGES, pagesOf } from './pages'
import { expect, test, type Page, type Run } from './world'

/** The serious findings. `colours`: only what a theme can change. */
async function faults(page: Page, colours = false): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode()
  const { violations, passes } = await (colours ? axe.withRules(['color-contrast']) : axe).analyze()
  expect(violations.length + passes.length).toBeGreaterThan(0)
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).slice(0, 3).join(' | ')}`)
}

async function settled(page: Page): Promise<void> {
  await expect(page.locator('h1')).not.toHaveCount(0)
  await expect(page.getByText('Loading…')).toHaveCount(0)
}

test.describe('every page', () => {
  let paths: string[] = []
  let long: Run

  test.beforeAll(async ({ world }) => {
    world.agent({
      work: 'echo tabs > tabs.txt; printf "// tabs\\n" >> till.rs',
      steps: [{ say: 'The column counts bytes.' }, { tool: 'Read', input: { file_path: 'till.rs' }, output: 'fn total' }, { tool: 'Bash', input: { command: 'cargo test' }, output: 'error', fails: true }],
      answer: 'The parser **accepts tabs**.',
    })
    const checked = await world.choose('Make the parser accept tabs', ['test -f tabs.txt'])
    expect(checked.state).toBe('succeeded')
    const waiting = await world.choose('Half of the till', ['false'])
    expect(waiting.state).toBe('waiting')
    const both = await world.call<{ run_id: string; task_id: string }>('POST', '/tasks/consensus', {
      instruction: 'Name the drawer', workspace: world.repository, executors: ['swift', 'strong'], wait_s: 45,
    })
    long = await world.run('sleep 600', { wait_s: 0, title: 'A long one' })
    await world.call('POST', '/api/human-tasks', { title: 'Sign the lease', body: 'Before **Friday**.' })
    paths = [...PAGES, ...pagesOf(checked.run_id, checked.task_id), `/r/${waiting.run_id}`, `/t/${both.task_id}/compare`]
  })

  test.afterAll(({ world }) => world.call('POST', `/api/runs/${long.run_id}`, { action: 'cancel' }))

  test('has no serious finding, in light and dark', async ({ page, world }) => {
    test.setTimeout(200_000)
    await world.open(page)
    for (const path of paths) {
      await page.emulateMedia({ colorScheme: 'light' })
      await page.goto(world.url + path)
      await settled(page)
      expect.soft(await faults(page), path).toEqual([])
      await page.emulateMedia({ colorScheme: 'dark' })
      expect.soft(await faults(page, true), `${path} in dark`).toEqual([])
    }
  })

  test('dialogs have no serious finding', async ({ page, world }) => {
    await world.open(page)
    for (const key of ['c', '?', 'Control+k']) {
      await page.keyboard.press(key)
      await expect(page.getByRole('dialog')).toBeVisible()
      expect(await faults(page), key).toEqual([])
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toBeHidden()
    }
  })

  test('fits on a phone', async ({ page, world }) => {
    await page.setViewportSize({ width: 390, height: 844 })
    await world.open(page)
    for (const path of paths) {
      await page.goto(world.url + path)
      await settled(page)
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      expect(width, path).toBeLessThanOrEqual(390)
    }
  })
})
