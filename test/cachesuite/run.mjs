// Runs the public tests for HTTP caches against BASE and prints one line for
// each: its kind, its suite, its name, and what came of it, as JSON.
import { createRequire } from 'node:module'

const suite = process.env.SUITE
const load = path => import(`${suite}/${path}`)
const { runTests, getResults } = await load('client/runner.mjs')
const display = await load('lib/display.mjs')
const tests = (await load('tests/index.mjs')).default
const fetch = createRequire(`${suite}/cli.mjs`)('node-fetch')

await runTests(tests, fetch, false, process.env.BASE)
const results = getResults()
for (const group of tests) {
  for (const test of group.tests) {
    const result = results[test.id]
    if (test.browser_only || result === undefined) continue
    const verdict = display.determineTestResult(tests, test.id, results)[2]
    console.log(JSON.stringify({
      kind: test.kind || 'required',
      group: group.id,
      id: test.id,
      name: test.name,
      passed: result === true,
      depends: result === true && verdict !== '✅' && verdict !== 'Y',
      says: result === true ? '' : result.join(': ')
    }))
  }
}
process.exit(0)
