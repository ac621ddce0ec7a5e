// What this machine has: the browser, and the program under test.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** How Chromium is started: without asking anybody on the network, and as root in a container. */
export function chromium() {
  return {
    executablePath: process.env.CHROMIUM ?? found('chromium'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--font-render-hinting=none',
    ],
  }
}

/** The program under test. */
export function program(): string {
  const file = process.env.JACKFIELD ?? resolve(import.meta.dirname, '../../target/debug/jackfield')
  if (!existsSync(file)) throw new Error(`${file} does not exist: build it, or name the program in JACKFIELD`)
  return file
}

function found(name: string): string {
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
}
