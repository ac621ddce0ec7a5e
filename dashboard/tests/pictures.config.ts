// `npm run pictures`: the screenshots of the README, made anew.
import { defineConfig } from '@playwright/test'
import common from './playwright.config'

export default defineConfig({ ...common, testMatch: 'pictures.ts', timeout: 120_000 })
