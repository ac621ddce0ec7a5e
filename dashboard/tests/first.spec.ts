// The first visit to a new host.
import { expect, test } from './world'

test.use({ own: 'first' })

test('first visit says what to do next, and a task is started from it', async ({ page, world }) => {
  await world.open(page)
  await expect(page.getByText(/jackfield run/).first()).toBeVisible()
  await page.keyboard.press('c')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Instruction').fill('printf "fn open() {}\\n" > open.rs; printf "// first\\n" >> till.rs')
  await dialog.getByLabel('Workspace').fill(world.repository)
  await dialog.getByLabel('Executor').fill('shell')
  await dialog.getByRole('button', { name: 'Start the task' }).click()
  await expect(page).toHaveURL(/\/r\//)
  await expect(page.getByText('succeeded').first()).toBeVisible()
  const [run] = await world.call<{ executor: string; delivered: string }[]>('GET', '/api/runs')
  expect(run).toMatchObject({ executor: 'shell', delivered: 'diff' })
})
