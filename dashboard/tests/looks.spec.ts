// The looks of the main pages, pixel by pixel, with the fonts and the dates of no machine.
import { open } from './shop'
import { expect, fixFonts, test, type Page, type World } from './world'

test.use({ own: 'looks' })
test.skip(process.platform !== 'linux', 'the pictures are those of Linux')

const NOW = new Date('2026-06-15T12:00:00Z')

let run = ''

test.beforeAll(async ({ world }) => {
  test.setTimeout(60_000)
  run = (await open(world)).tax.run_id
})

/** Replaces everything that differs between two runs of the suite: fonts, clock, ids, digests and durations. */
async function still(page: Page, world: World): Promise<void> {
  await page.clock.setFixedTime(NOW)
  await page.route(/\/api\/(?!changes|session)/, async (route) => {
    const response = await route.fetch()
    if (!response.headers()['content-type']?.includes('json')) return route.fulfill({ response })
    const text = (await response.text())
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-06-15T11:48:00Z')
      .replaceAll(/"day":"\d{4}-\d\d-\d\d"/g, '"day":"2026-06-15"')
      .replaceAll(/"latency_ms":\d+/g, '"latency_ms":1500')
      .replaceAll(/, \d+(\.\d)?m?s(?=[<"\\])/g, ', 1.5s')
      .replaceAll(world.folder, '/home/ann')
    return route.fulfill({ response, body: text })
  })
  await page.route(/\/api\/changes/, (route) => route.fulfill({ contentType: 'text/event-stream', body: 'event: ready\ndata: {}\n\n' }))
}

async function shoot(page: Page, name: string): Promise<void> {
  await expect(page.getByText('Loading…')).toHaveCount(0)
  await fixFonts(page)
  const mask = [page.locator('.side .foot'), page.locator('.crumbs'), page.locator('.branch'), page.locator('.mono[title]')]
  await expect(page).toHaveScreenshot(`${name}.png`, { mask, maskColor: '#808080', maxDiffPixelRatio: 0.01, animations: 'disabled' })
}

for (const theme of ['light', 'dark'] as const) {
  test(`main pages look as they did, in ${theme}`, async ({ page, world }) => {
    await page.emulateMedia({ colorScheme: theme })
    await world.open(page)
    await still(page, world)
    for (const [name, path, text] of [['now', '/', 'Recently ended'], ['run', `/r/${run}`, 'Attempts'], ['budget', '/budget', 'Breaker history']] as const) {
      await page.goto(world.url + path)
      await expect(page.getByRole('heading', { name: text })).toBeVisible()
      await shoot(page, `${name}-${theme}`)
    }
  })
}

test('main page looks as it did, on a phone', async ({ page, world }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await world.open(page)
  await still(page, world)
  await page.goto(world.url)
  await expect(page.getByRole('heading', { name: 'Needs you' })).toBeVisible()
  await shoot(page, 'now-phone')
})
