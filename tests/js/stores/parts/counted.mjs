// Named tests in this process, counted in the report.

/** Runs them one after another; each is a function that throws where it fails. */
export async function tests(report, name, named) {
  let text = "";
  let passed = 0;
  for (const [test, run] of Object.entries(named)) {
    try {
      await run();
      passed += 1;
    } catch (error) {
      text += `FAILED ${test}: ${error?.stack ?? error}\n`;
    }
  }
  const failed = Object.keys(named).length - passed;
  report.ended(name, { ok: failed === 0, text: `${text}${passed} passed, ${failed} failed` });
}
