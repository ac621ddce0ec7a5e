// A page of another port of this machine, in the browser that is logged in, can neither read nor change anything.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from './world'

test.use({ own: 'security' })

let attacker: Server
let cookies: string[] = []

test.beforeAll(async () => {
  attacker = createServer((request, response) => {
    cookies.push(request.headers.cookie ?? '')
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>another port</title><p>hello')
  })
  await new Promise<void>((listening) => attacker.listen(0, '127.0.0.1', listening))
})

test.afterAll(() => attacker.close())

test.describe('attacks', () => {
  test.use({ attacks: true })
  test('page of another port reads and changes nothing', async ({ page, world }) => {
    await world.open(page)
    await world.run('echo secret-of-the-till > secret.txt')
    const key = await page.evaluate(() => Object.values(localStorage).join(' '))
    expect(key.length).toBeGreaterThan(30)

    await page.goto(`http://127.0.0.1:${(attacker.address() as AddressInfo).port}/`)
    // The cookie is not private to the port: that is why it opens nothing alone.
    expect(cookies.some((cookie) => cookie.includes('jackfield_'))).toBe(true)
    expect(await page.evaluate(() => JSON.stringify(localStorage))).toBe('{}')

    await expect(page.getByText('hello')).toBeVisible()
    const begun = new Date().toISOString()
    const spent = JSON.stringify(await world.call('GET', '/api/breaker'))
    const tried = await page.evaluate(async (host) => {
      const tried: Record<string, string> = {}
      const attempt = async (name: string, act: () => Promise<string>) => {
        tried[name] = await act().catch((error: unknown) => `failed: ${String(error)}`)
      }
      const raise = JSON.stringify({ action: 'raise', usd: 1000, reason: 'attack' })
      await attempt('read', async () => (await fetch(`${host}/api/runs`, { credentials: 'include' })).text())
      await attempt('read without cors', async () => {
        const response = await fetch(`${host}/api/runs`, { credentials: 'include', mode: 'no-cors' })
        return response.type + (await response.text())
      })
      await attempt('change', async () => {
        const sent: RequestInit = { method: 'POST', credentials: 'include', mode: 'no-cors', body: raise }
        return (await fetch(`${host}/api/breaker`, { ...sent, headers: { 'content-type': 'text/plain' } })).type
      })
      await attempt('change with a key', async () => {
        const headers = { 'x-jackfield-key': '0'.repeat(64), 'content-type': 'application/json' }
        return (await fetch(`${host}/api/breaker`, { method: 'POST', credentials: 'include', headers, body: raise })).text()
      })
      await attempt('log in', async () => {
        const body = JSON.stringify({ ticket: '0'.repeat(64) })
        return (await fetch(`${host}/api/session`, { method: 'POST', credentials: 'include', mode: 'no-cors', body })).type
      })
      await attempt('stream', () =>
        new Promise((ended) => {
          const source = new EventSource(`${host}/api/changes`, { withCredentials: true })
          source.onmessage = (event) => ended(`heard: ${event.data}`)
          source.onerror = () => ended('refused')
        }),
      )
      await attempt('script', () =>
        new Promise((ended) => {
          const script = document.createElement('script')
          script.onload = () => ended('loaded')
          script.onerror = () => ended('refused')
          script.src = `${host}/api/runs`
          document.body.append(script)
        }),
      )
      await attempt('frame', () =>
        new Promise((ended) => {
          const frame = document.createElement('iframe')
          frame.onload = () => {
            try {
              ended(`seen: ${frame.contentDocument?.body.innerText ?? ''}`)
            } catch {
              ended('refused')
            }
          }
          frame.src = `${host}/`
          document.body.append(frame)
        }),
      )
      return tried
    }, world.url)

    expect(JSON.stringify(tried)).not.toContain('till')
    expect(tried.script).toBe('refused')
    expect(tried.stream).toBe('refused')
    expect(tried.frame).not.toContain('Jackfield')
    expect(JSON.stringify(await world.call('GET', '/api/breaker'))).toBe(spent)
    const calls = await world.call<{ at: string; status: number; who?: string; path: string }[]>('GET', '/api/audit?limit=100')
    const foreign = calls.filter((call) => !call.who)
    expect(foreign.length).toBeGreaterThan(0)
    expect(foreign.every((call) => call.status === 401 || call.status === 403)).toBe(true)
    const asPerson = calls.filter((call) => call.who === 'dashboard' && call.at > begun)
    expect(asPerson).toEqual([])
  })
})

test('each guard of a session refuses alone', async ({ browser, page, world }) => {
  await world.open(page)
  const key = await page.evaluate(() => localStorage.getItem('jackfield.key'))
  expect(key?.length).toBeGreaterThan(30)
  const port = (attacker.address() as AddressInfo).port
  const raise = { action: 'raise', usd: 1, reason: 'guards' }
  const own = { origin: world.url, 'sec-fetch-site': 'same-origin', 'x-jackfield-key': String(key) }
  const post = async (headers: Record<string, string>, context = page.context()) =>
    (await context.request.post(`${world.url}/api/breaker`, { headers, data: raise })).status()
  const { 'x-jackfield-key': _, ...withoutKey } = own
  const stranger = await browser.newContext()
  expect(await post(withoutKey)).toBe(401)
  expect(await post(own, stranger)).toBe(401)
  expect(await post({ ...own, origin: `http://127.0.0.1:${port}` })).toBe(403)
  expect(await post({ ...own, 'sec-fetch-site': 'same-site' })).toBe(403)
  expect(await post({ ...own, host: 'evil.example' })).toBeGreaterThanOrEqual(400)
  expect(await post(own)).toBe(200)
  await stranger.close()
})

test('address with a ticket logs in once and is cleared', async ({ browser, page, world }) => {
  const address = world.ticket()
  await page.goto(address)
  await expect(page.getByRole('navigation').first()).toBeVisible()
  expect(page.url()).not.toContain('#t=')
  const other = await browser.newContext()
  const second = await other.newPage()
  await second.goto(address)
  await expect(second.getByText('jackfield open').first()).toBeVisible()
  await expect(second.getByRole('alert').or(second.getByText(/ticket/i)).first()).toBeVisible()
  await other.close()
})

test('logout ends the session in every tab', async ({ context, page, world }) => {
  await world.open(page)
  const second = await context.newPage()
  await second.goto(world.url)
  await expect(second.getByRole('navigation').first()).toBeVisible()
  await page.goto(`${world.url}/settings`)
  await page.getByRole('button', { name: /sign out/i }).click()
  await expect(page.getByText('jackfield open').first()).toBeVisible()
  await second.reload()
  await expect(second.getByText('jackfield open').first()).toBeVisible()
})
