// A host with a life behind it, for one file of stories: a data folder, a repository, a server, and runs of every kind.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test as base, expect, type BrowserContext, type Page } from '@playwright/test'
import { script, steps, type Agent } from './agent'
import { program } from './machine'

/** One agent program on two rungs, so that a failed check leads to the second, and then to a person. */
const CONFIG = `
[run]
max_concurrent = 3

[breaker]
day_usd = 20

[[ladder]]
name = "swift"
executor = "claude"
model = "claude-haiku-4-5"
tier = "workhorse"
environment = { RUNG = "swift" }
rates = { input = 1, output = 5 }

[[ladder]]
name = "strong"
executor = "claude"
model = "claude-opus-4-5"
tier = "strategist"
environment = { RUNG = "strong" }
rates = { input = 5, output = 25 }

[executors.codex]
enabled = false

[executors.gemini]
enabled = false
`

export type Run = { run_id: string; task_id: string; state: string }

/** How long a question before an action ignores clicks and keys, so that a key pressed too long does nothing. */
export const GUARD_MS = 300

export class World {
  private server?: ChildProcess
  private port = '0'
  private transcripts = 0
  readonly folder = mkdtempSync(join(tmpdir(), 'jackfield-dashboard-'))
  readonly data = join(this.folder, 'data')
  readonly repository = join(this.folder, 'till')

  constructor() {
    mkdirSync(this.data)
    mkdirSync(join(this.folder, 'bin'))
    writeFileSync(join(this.data, 'jackfield.toml'), CONFIG)
    mkdirSync(this.repository)
    const git = (...words: string[]) =>
      execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...words], { cwd: this.repository })
    git('init', '-q', '-b', 'main')
    writeFileSync(join(this.repository, 'till.rs'), 'fn total(prices: &[u32]) -> u32 {\n    prices.iter().sum()\n}\n')
    writeFileSync(join(this.repository, 'README.md'), '# Till\n')
    git('add', '.')
    git('commit', '-q', '-m', 'Begin')
    this.agent({})
  }

  /** The environment of the program: nothing of this machine's own settings. */
  private environment(): NodeJS.ProcessEnv {
    return { PATH: `${join(this.folder, 'bin')}:${process.env.PATH}`, HOME: this.folder, LANG: 'C.UTF-8', ANTHROPIC_API_KEY: 'a-key-of-no-account' }
  }

  /** Installs the agent that the runs to come will meet. */
  agent(agent: Agent): void {
    const file = join(this.folder, 'bin', 'claude')
    const said = join(this.folder, 'bin', `transcript-${(this.transcripts += 1)}.jsonl`)
    writeFileSync(said, `${steps(agent.steps ?? [], agent.free).join('\n')}\n`)
    writeFileSync(file, script(agent, said))
    chmodSync(file, 0o755)
  }

  async serve(): Promise<void> {
    const args = ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', this.data]
    const server = spawn(program(), args, { cwd: this.folder, env: this.environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    this.server = server
    let said = ''
    server.stderr?.on('data', (piece) => (said += piece))
    const address = await new Promise<string>((found, failed) => {
      let out = ''
      server.stdout?.on('data', (piece) => {
        out += piece
        const named = /serves http:\/\/([\d.]+:\d+)/.exec(out)
        if (named?.[1]) found(named[1])
      })
      server.once('exit', () => failed(new Error(`the server ended: ${said}`)))
    })
    this.port = address.split(':')[1] ?? ''
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get token(): string {
    return readFileSync(join(this.data, 'token'), 'utf8').trim()
  }

  /** Ends the server as a crash does. */
  async kill(): Promise<void> {
    const server = this.server
    if (!server || server.exitCode !== null) return
    await new Promise<void>((ended) => {
      server.once('exit', () => ended())
      server.kill('SIGKILL')
    })
  }

  async stop(): Promise<void> {
    const server = this.server
    if (server && server.exitCode === null) {
      await new Promise<void>((ended) => {
        server.once('exit', () => ended())
        server.kill('SIGTERM')
      })
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Puts a shipped component into the plugin folder, as another version: a custom section changes its digest. */
  drop(component: string, name: string): void {
    const shipped = readFileSync(join(dirname(program()), '../components/wasm32-wasip2/component', component))
    const file = join(this.data, 'plugins', name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, Buffer.concat([shipped, Buffer.from([0, 5, 4]), Buffer.from('mark')]))
  }

  /** A call with the owner's token. */
  async call<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }

  /** Runs a command with the shell, to its end unless `wait` is given in seconds. */
  async run(instruction: string, more: Record<string, unknown> = {}): Promise<Run> {
    const request = { instruction, executor: 'shell', workspace: this.repository, wait_s: 45, ...more }
    return this.call<Run>('POST', '/tasks/execute', request)
  }

  /** A task for whom the chooser takes, whose check decides. */
  async choose(title: string, checks: string[], more: Record<string, unknown> = {}): Promise<Run> {
    const request = { title, instruction: title, workspace: this.repository, task_type: 'feature', complexity: 'moderate', wait_s: 45 }
    return this.call<Run>('POST', '/tasks/execute', { ...request, checks: checks.map((command) => ({ command })), ...more })
  }

  /** The address that logs a browser in, as a person gets it. */
  ticket(): string {
    const args = ['open', '--json', '--data', this.data]
    const said = execFileSync(program(), args, { env: this.environment(), encoding: 'utf8' })
    return (JSON.parse(said) as { url: string }).url
  }

  /** Opens a page of the dashboard, logged in. */
  async open(page: Page, path = '/'): Promise<void> {
    await page.goto(this.ticket())
    await expect(page.getByRole('navigation').first()).toBeVisible()
    if (path !== '/') await page.goto(this.url + path)
    await expect(page.getByRole('main')).toBeVisible()
  }
}

/** The fonts of package fonts-liberation in place of those of the machine. */
export async function fixFonts(page: Page): Promise<void> {
  await page.evaluate(() => {
    document.documentElement.style.setProperty('--sans', "'Liberation Sans'")
    document.documentElement.style.setProperty('--mono', "'Liberation Mono'")
  })
}

/** Answers the question that is open, once it takes an answer. */
export async function confirm(page: Page, action: string, fields: Record<string, string> = {}): Promise<void> {
  const dialog = page.getByRole('dialog')
  await expect(dialog).toBeVisible()
  for (const [label, text] of Object.entries(fields)) await dialog.getByLabel(label).fill(text)
  await page.waitForTimeout(GUARD_MS + 50)
  await dialog.getByRole('button', { name: action, exact: true }).click()
  await expect(dialog).toBeHidden()
}

/** Stories share a world, unless a file names one of its own; the browser may report no violation and no exception. */
export const test = base.extend<{ attacks: boolean; quiet: void }, { own: string; world: World }>({
  own: ['', { option: true, scope: 'worker' }],
  // A story of an attack is refused by the browser, loudly.
  attacks: [false, { option: true }],
  world: [
    async ({ own }, use) => {
      void own
      const world = new World()
      await world.serve()
      await use(world)
      await world.stop()
    },
    { scope: 'worker' },
  ],
  quiet: [
    async ({ attacks, page }, use) => {
      const faults: string[] = []
      page.on('pageerror', (error) => faults.push(`exception: ${error.message}`))
      page.on('console', (message) => {
        if (/Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text())
      })
      await use()
      if (!attacks) expect(faults).toEqual([])
    },
    { auto: true },
  ],
})

export { expect, type BrowserContext, type Page }
