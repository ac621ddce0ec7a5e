// What agents print and name is text: no script runs, nothing is loaded, nothing pretends to be something else.
import { expect, test } from './world'

const SCRIPT = `<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"><svg onload="window.hacked = 3">`
const MARKDOWN = `![bomb](https://evil.example/1.png) [click](javascript:alert(1)) [site](https://evil.example/) **bold** <b>raw</b>`
const HIDDEN = '\u001b]0;title\u0007\u001b[31mred\u001b[0m \u202Eexe.gpj\u202C zero\u200Bwidth'

test('hostile output, names and answers are shown and do nothing', async ({ page, world }) => {
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('dialog', () => requests.push('dialog'))
  const words = [SCRIPT, MARKDOWN, HIDDEN].map((text) => JSON.stringify(text).replaceAll("'", "'\\''"))
  const print = words.map((text) => `printf '%b\\n' '${text.slice(1, -1).replaceAll('\\"', '"').replaceAll('%', '%%')}'`)
  const file = `printf x > '<img src=x onerror=window.hacked=4>.txt'`
  const long = `head -c 1200000 /dev/zero | tr '\\0' 'y'; echo`
  const run = await world.run([...print, file, long].join('\n'), { title: SCRIPT })
  await world.call('POST', '/api/human-tasks', { title: SCRIPT, body: MARKDOWN, run_id: run.run_id })
  await world.open(page)
  const paths = ['/', '/runs', '/inbox', '/events', `/t/${run.task_id}`]
  const tabs = ['summary', 'steps', 'diff', 'checks', 'why', 'raw'].map((tab) => `/r/${run.run_id}?tab=${tab}`)
  for (const path of [...paths, ...tabs]) {
    await page.goto(world.url + path)
    await expect(page.getByRole('main')).toBeVisible()
    await page.waitForTimeout(300)
    const seen = await page.evaluate(() => ({
      hacked: (window as unknown as { hacked?: number }).hacked,
      images: [...document.images].map((image) => image.src).filter((source) => !source.startsWith('data:')),
      links: [...document.links].map((link) => link.href).filter((link) => link.startsWith('javascript:')),
      bidi: /[\u202A-\u202E\u2066-\u2069\u001b]/.test(document.body.innerText),
    }))
    expect(seen, path).toEqual({ hacked: undefined, images: [], links: [], bidi: false })
  }
  expect(requests.filter((url) => !url.startsWith(world.url))).toEqual([])
  await page.goto(`${world.url}/inbox`)
  await page.getByText('<script>').first().click()
  const link = page.getByRole('link', { name: /site/ })
  await expect(link.first()).toHaveAttribute('rel', /noopener/)
})
