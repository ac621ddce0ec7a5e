// Makes the screenshots of the README. The agents here take a second where real ones take minutes: times are stretched.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { open } from './shop'
import { expect, fixFonts, test, type Page } from './world'

const FOLDER = resolve(import.meta.dirname, '../../docs/pictures')
const MOST_BYTES = 150_000
const STRETCH = 85

async function stretch(page: Page): Promise<void> {
  await page.route(/\/api\/(?!changes|session)/, async (route) => {
    const response = await route.fetch()
    if (!response.headers()['content-type']?.includes('json')) return route.fulfill({ response })
    const now = Date.now()
    const earlier = (time: string) => new Date(Math.min(now, Date.parse(time)) - (now - Math.min(now, Date.parse(time))) * (STRETCH - 1)).toISOString()
    const body = (await response.text())
      .replaceAll(/"(created_at|started_at|ended_at)":"([^"]+)"/g, (_, name: string, time: string) => `"${name}":"${earlier(time)}"`)
      .replaceAll(/"latency_ms":(\d+)/g, (_, ms: string) => `"latency_ms":${Number(ms) * STRETCH}`)
      .replaceAll(/, \d+(\.\d)?m?s(?=[<"\\])/g, '')
    return route.fulfill({ response, body })
  })
}

test('pictures', async ({ page, world }) => {
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
  const { tax } = await open(world)
  await world.open(page)
  await stretch(page)
  for (const [name, path, text] of [['now', '/', 'Show the change'], ['run', `/r/${tax.run_id}`, 'half to even']] as const) {
    await page.goto(world.url + path)
    await expect(page.getByText(text).first()).toBeVisible()
    await expect(page.getByText(/live \d/)).toBeVisible()
    await fixFonts(page)
    const file = resolve(FOLDER, `${name}.png`)
    await page.screenshot({ path: file })
    expect(statSync(file).size).toBeLessThan(MOST_BYTES)
  }
})
