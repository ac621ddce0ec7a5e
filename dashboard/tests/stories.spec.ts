// What people do with the dashboard, from watching a run to the review of its diff.
import { confirm, expect, GUARD_MS, test } from './world'

const part = 'Parts of the run'

test('run shows what it changed, what it cost and why', async ({ page, world }) => {
  const run = await world.run('mkdir -p src; printf "a\\nb\\n" > src/drawer.rs; echo more >> README.md; echo done', { title: 'Add a drawer' })
  await world.open(page, `/r/${run.run_id}`)
  const parts = page.getByRole('navigation', { name: part })
  await expect(page.getByRole('heading', { name: 'Add a drawer' })).toBeVisible()
  await expect(page.getByText('Process ended')).toBeVisible()
  await expect(page.getByText('$0.00').first()).toBeVisible()
  await parts.getByRole('link', { name: /Diff/ }).click()
  await expect(page.getByText('src/drawer.rs').first()).toBeVisible()
  await expect(page.getByText('README.md').first()).toBeVisible()
  await parts.getByRole('link', { name: 'Why' }).click()
  await expect(page.getByText(/named in the request|the request names|shell/i).first()).toBeVisible()
  await parts.getByRole('link', { name: 'Raw log' }).click()
  await expect(page.getByRole('listitem').filter({ hasText: 'run_succeeded' })).toBeVisible()
})

test('work that goes on elsewhere appears and changes by itself', async ({ page, world }) => {
  await world.open(page)
  await world.run('echo counting the till; sleep 3; echo > counted.txt', { wait_s: 0, title: 'Count the till' })
  const running = page.getByRole('region', { name: 'Running' })
  await expect(running.getByText('Count the till')).toBeVisible()
  await expect(running.getByText('counting the till')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Recently ended' }).getByText('Count the till')).toBeVisible()
  await expect(running.getByText('Count the till')).toBeHidden()
})

test('calls of tools are folded, errors are open, and the cost is in the budget', async ({ page, world }) => {
  const read = (path: string) => ({ tool: 'Read', input: { file_path: path }, output: 'text of the file' })
  world.agent({
    work: 'echo tabs > tabs.txt',
    steps: [
      { say: 'I read the files first.' },
      read('a.rs'), read('b.rs'), read('c.rs'),
      { tool: 'Bash', input: { command: 'cargo test' }, output: 'two tests failed', fails: true },
      { tool: 'Edit', input: { file_path: 'a.rs', old_string: 'x', new_string: 'y' }, output: 'The file was updated' },
    ],
    usd: 1.2345,
  })
  const run = await world.run('Read three files', { executor: 'claude' })
  await world.open(page, `/r/${run.run_id}?tab=steps`)
  const group = page.getByRole('button', { name: /Read ×3/ })
  await expect(group).toHaveAttribute('aria-expanded', 'false')
  await expect(page.getByText('two tests failed')).toBeVisible()
  await expect(page.getByText('text of the file')).toHaveCount(0)
  await group.click()
  await expect(page.getByRole('button', { name: /^Read b\.rs|b\.rs/ }).last()).toBeVisible()
  await page.goto(`${world.url}/budget`)
  const dear = page.getByRole('region', { name: 'Most expensive runs' }).getByRole('link', { name: /Read three files/ })
  await expect(dear).toContainText('$1.23')
})

test('run without a good attempt is retried in the inbox with advice', async ({ page, world }) => {
  world.agent({ work: 'if grep -q "use the word good" "$asked"; then echo good; else echo bad; fi > answer.txt' })
  const run = await world.choose('Write an answer', ['grep -q good answer.txt'])
  expect(run.state).toBe('waiting')
  await world.open(page)
  await expect(page).toHaveTitle(/^\(\d+\) Now/)
  await expect(page.locator('link[rel=icon]')).toHaveAttribute('href', /needs/)
  await page.getByRole('region', { name: 'Needs you' }).getByRole('link', { name: /Write an answer/ }).click()
  const details = page.getByRole('region', { name: 'Details' })
  await expect(details.getByText('✕ failed').first()).toBeVisible()
  await details.getByLabel('Advice for the next attempt, or a reason').fill('use the word good')
  await details.getByLabel('Executor of the next attempt').selectOption('claude')
  await page.waitForTimeout(GUARD_MS + 50)
  await details.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('Another attempt starts.')).toBeVisible()
  await page.goto(`${world.url}/r/${run.run_id}`)
  await expect(page.getByText('verified', { exact: true }).first()).toBeVisible()
  const view = await world.call<{ attempts: { context: string; outcome: { verified: string } }[] }>('GET', `/api/runs/${run.run_id}`)
  expect(view.attempts.at(-1)).toMatchObject({ outcome: { verified: 'passed' } })
})

test('work of a run that waits is accepted in the inbox', async ({ page, world }) => {
  world.agent({ work: 'echo half > half.txt' })
  const run = await world.choose('Half of the drawer', ['false'])
  await world.open(page, '/inbox')
  await page.getByRole('button', { name: /Half of the drawer/ }).click()
  const details = page.getByRole('region', { name: 'Details' })
  await expect(details.getByRole('heading', { name: /Half of the drawer/ })).toBeVisible()
  await page.waitForTimeout(GUARD_MS + 50)
  await details.getByRole('button', { name: 'Accept the work' }).click()
  await expect(page.getByText('The work is accepted.')).toBeVisible()
  expect(await world.call<unknown[]>('GET', `/api/human-tasks?run_id=${run.run_id}`)).toEqual([])
  const view = await world.call<{ run: { state: string } }>('GET', `/api/runs/${run.run_id}`)
  expect(view.run.state).toBe('succeeded')
})

test('results of a consensus are compared side by side', async ({ page, world }) => {
  world.agent({ work: 'if [ "$RUNG" = strong ]; then echo good; else echo bad; fi > answer.txt; echo same > same.txt' })
  const request = { title: 'Two answers', instruction: 'Write an answer', workspace: world.repository, executors: ['swift', 'strong'], checks: [{ command: 'grep -q good answer.txt' }], wait_s: 45 }
  const run = await world.call<{ task_id: string; run_id: string }>('POST', '/tasks/consensus', request)
  await world.open(page, `/r/${run.run_id}`)
  await page.getByRole('link', { name: 'Compare' }).click()
  await expect(page).toHaveURL(`${world.url}/t/${run.task_id}/compare`)
  const [weak, good] = [page.getByRole('region', { name: 'Result A' }), page.getByRole('region', { name: 'Result B' })]
  await expect(weak).toContainText('0 of 1 passed')
  await expect(good).toContainText('1 of 1 passed')
  await expect(good).toContainText('selected by the judge')
  await expect(weak).not.toContainText('selected by the judge')
  await expect(good).toContainText('git merge')
  await expect(page.getByRole('region', { name: 'Judge' })).toContainText(/\w+ \w+ \w+/)
  await expect(page.getByText('same.txt').first()).toBeVisible()
  await expect(page.getByRole('group', { name: 'answer.txt in result B' })).toContainText('good')
  await weak.getByRole('button', { name: 'Choose result A' }).click()
  await confirm(page, 'Choose the result', { Reason: 'it is shorter' })
  await expect(weak).toContainText('✓ chosen')
  const view = await world.call<{ run: { chosen: string }; attempts: { id: string; number: number }[] }>('GET', `/api/runs/${run.run_id}`)
  expect(view.attempts.find(({ id }) => id === view.run.chosen)?.number).toBe(1)
})

test('comments on lines become one follow-up run', async ({ page, world }) => {
  const run = await world.run('printf "one\\ntwo\\nthree\\n" > lines.txt', { title: 'Three lines' })
  await world.open(page, `/r/${run.run_id}?tab=diff`)
  const gutters = page.locator('.gutter')
  await gutters.first().hover()
  await page.mouse.down()
  await gutters.nth(1).hover()
  await page.mouse.up()
  await page.getByLabel(/Comment on/).fill('Say four instead.')
  await page.getByRole('button', { name: 'Keep as a draft' }).click()
  await page.getByRole('button', { name: 'Send 1 comment as one run' }).click()
  await confirm(page, 'Start the run')
  await expect(page).not.toHaveURL(new RegExp(run.run_id))
  const [review] = await world.call<{ title: string; task: string }[]>('GET', '/api/runs?q=Review')
  expect(review?.title).toBe('Review: Three lines')
  const { task } = await world.call<{ task: { instruction: string } }>('GET', `/api/tasks/${review?.task}`)
  expect(task.instruction).toContain('lines.txt')
  expect(task.instruction).toContain('Say four instead.')
})

test('running run is stopped after a question, with its reason on record', async ({ page, world }) => {
  const run = await world.run('sleep 300', { wait_s: 0, title: 'Too long' })
  await world.open(page, `/r/${run.run_id}`)
  await page.getByRole('button', { name: 'Stop' }).click()
  await confirm(page, 'Stop the run', { Reason: 'not needed any more' })
  await expect(page.getByText('cancelled').first()).toBeVisible()
  const view = await world.call<{ run: { cancel_reason: string } }>('GET', `/api/runs/${run.run_id}`)
  expect(view.run.cancel_reason).toContain('not needed any more')
})

test('question ignores a key that is pressed too long', async ({ page, world }) => {
  const run = await world.run('sleep 300', { wait_s: 0, title: 'Held key' })
  await world.open(page, `/r/${run.run_id}`)
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible()
  await page.keyboard.press('s')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog')).toBeVisible()
  const view = await world.call<{ run: { state: string } }>('GET', `/api/runs/${run.run_id}`)
  expect(['running', 'queued']).toContain(view.run.state)
  await page.keyboard.press('Escape')
  await world.call('POST', `/api/runs/${run.run_id}`, { action: 'cancel' })
})

test('filters of the list are in the address, and selected runs are retried together', async ({ page, world }) => {
  await world.run('true', { title: 'Polish the brass', expect: 'answer' })
  await world.run('true', { title: 'Wind the clock', expect: 'answer' })
  await world.open(page, '/runs?q=brass')
  await expect(page.getByRole('listitem')).toHaveCount(1)
  await expect(page.getByRole('listitem')).toContainText('Polish the brass')
  await page.getByLabel('Select Polish the brass').check()
  await page.getByRole('button', { name: /^Retry 1/ }).click()
  await confirm(page, 'Retry')
  await expect(page.getByText('Retrying 1 run.')).toBeVisible()
  await expect(page.getByRole('listitem')).toHaveCount(2)
  await page.goto(`${world.url}/runs?q=nothing-of-this-name`)
  await page.getByRole('button', { name: 'Clear 1 filter' }).first().click()
  await expect(page.getByText('Wind the clock').first()).toBeVisible()
})

test('limit is raised with a reason that is on record', async ({ page, world }) => {
  await world.open(page, '/budget')
  await page.getByRole('button', { name: 'Allow more today' }).click()
  await confirm(page, 'Allow $7.00 more', { 'Dollars more, until the day ends': '7', Reason: 'a busy day' })
  await expect(page.getByText('a busy day').first()).toBeVisible()
  expect(JSON.stringify(await world.call('GET', '/api/breaker/history'))).toContain('a busy day')
  await expect(page.getByText('$27.00').first()).toBeVisible()
})

test('version of a component is pinned after a question, and the pin is removed', async ({ page, world }) => {
  const pinned = async () => (await world.call<{ plugins: { name: string; pinned?: string }[] }>('GET', '/api/plugins')).plugins.find(({ name }) => name === 'chooser')?.pinned
  await world.open(page, '/plugins')
  await page.getByRole('link', { name: 'chooser', exact: true }).click()
  await page.getByRole('button', { name: /^Pin/ }).first().click()
  await confirm(page, 'Pin this version')
  await expect(page.getByRole('button', { name: 'Remove the pin' })).toBeVisible()
  expect(await pinned()).toBeTruthy()
  await page.getByRole('button', { name: 'Remove the pin' }).click()
  await confirm(page, 'Remove the pin')
  await expect(page.getByRole('button', { name: 'Remove the pin' })).toBeHidden()
  expect(await pinned()).toBeFalsy()
})

test('shadow is compared and replayed, promoted after a question, and rolled back', async ({ page, world }) => {
  type Plugins = { plugins: { name: string; digest: string }[] }
  const digest = async () => (await world.call<Plugins>('GET', '/api/plugins')).plugins.find(({ name }) => name === 'chooser')?.digest
  const shipped = await digest()
  world.drop('jackfield_chooser.wasm', 'shadow/second.wasm')
  world.agent({ work: 'echo shade > shade.txt' })
  await world.choose('Ask both', ['true'])
  await expect.poll(async () => (await world.call<{ decisions: number }[]>('GET', '/api/shadows'))[0]?.decisions).toBeGreaterThan(0)
  await world.open(page, '/plugins')
  const shadows = page.getByRole('region', { name: 'Shadows' })
  await expect(shadows).toContainText(/Same answer in (\d+) of \1 decisions/)
  await shadows.getByRole('button', { name: 'Replay decisions with chooser' }).click()
  await expect(shadows.getByRole('status')).toContainText('same answer in')
  await shadows.getByRole('button', { name: 'Promote chooser' }).click()
  await confirm(page, 'Promote')
  await expect.poll(digest).not.toBe(shipped)
  await page.goto(`${world.url}/plugins/chooser/chooser`)
  await page.getByRole('button', { name: 'Roll back' }).click()
  await confirm(page, 'Roll back')
  await expect.poll(digest).toBe(shipped)
})

test('limit of a provider is shown until it resets', async ({ page, world }) => {
  const limit = { status: 'rejected', resetsAt: Math.round(Date.now() / 1000) + 7200, rateLimitType: 'five_hour' }
  const line = JSON.stringify({ type: 'rate_limit_event', rate_limit_info: limit })
  world.agent({ work: 'echo limit > limit.txt', before: `echo '${line}'` })
  await world.choose('Reach a limit', ['true'])
  await world.open(page)
  const executors = page.getByRole('region', { name: 'Executors' })
  await expect(executors).toContainText('five hour')
  await expect(executors).toContainText('reached')
  await expect(executors).toContainText(/resets in 2 h|resets in 1 h/)
})

test('host that is killed is reported with the last update, and the page goes on when it is back', async ({ page, world }) => {
  test.slow()
  await world.open(page)
  await expect(page.getByText(/live \d/).first()).toBeVisible()
  await world.kill()
  await expect(page.getByText(/last update \d\d:\d\d, retrying/).first()).toBeVisible()
  await world.serve()
  await expect(page.getByText(/live \d/).first()).toBeVisible({ timeout: 30_000 })
  await world.run('echo back > back.txt', { title: 'Back again' })
  await expect(page.getByText('Back again').first()).toBeVisible()
})

test('ten tabs are live on one stream', async ({ context, page, world }) => {
  let streams = 0
  context.on('request', (request) => (streams += request.url().includes('/api/changes') ? 1 : 0))
  await world.open(page)
  const tabs = [page]
  for (let number = 1; number < 10; number += 1) {
    const tab = await context.newPage()
    await tab.goto(world.url)
    await expect(tab.getByRole('navigation').first()).toBeVisible()
    tabs.push(tab)
  }
  expect(streams).toBe(1)
  await world.run('echo ten > ten.txt', { title: 'Seen by ten' })
  for (const tab of tabs) await expect(tab.getByText('Seen by ten').first()).toBeVisible()
  await page.close()
  await world.run('echo nine > nine.txt', { title: 'Seen by nine' })
  for (const tab of tabs.slice(1)) await expect(tab.getByText('Seen by nine').first()).toBeVisible()
  expect(streams).toBe(2)
})
