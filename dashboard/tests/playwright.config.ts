// Stories in a real Chromium with the real program. `JACKFIELD` names the binary, `CHROMIUM` the browser.
import { defineConfig } from '@playwright/test'
import { chromium } from './machine'

export default defineConfig({
  testDir: '.',
  timeout: 30_000,
  expect: { timeout: 10_000 },
  workers: 2,
  retries: 0,
  forbidOnly: true,
  reporter: [['list']],
  outputDir: 'results',
  snapshotPathTemplate: 'snapshots/{arg}{ext}',
  use: {
    launchOptions: chromium(),
    locale: 'en-GB',
    timezoneId: 'UTC',
    trace: process.env.TRACE ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
    contextOptions: { reducedMotion: 'reduce' },
  },
})
