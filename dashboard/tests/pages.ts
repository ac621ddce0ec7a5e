// Every page of the dashboard, as the tests walk through them.
export const PAGES = [
  '/',
  '/runs',
  '/runs?view=tasks',
  '/inbox',
  '/board',
  '/board/recipes',
  '/board/skills',
  '/budget',
  '/plugins',
  '/plugins/chooser/chooser',
  '/workers',
  '/executors',
  '/events',
  '/settings',
]

/** The pages of a run. */
export const pagesOf = (run: string, task: string): string[] =>
  ['', '?tab=steps', '?tab=diff', '?tab=checks', '?tab=why', '?tab=raw'].map((tab) => `/r/${run}${tab}`).concat(`/t/${task}`)
