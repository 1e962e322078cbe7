/** Asks until the answer is a yes; fails when that has not come by the deadline. */
export async function until(what, ask, { seconds = 20, every = 50 } = {}) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`after ${seconds} s still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
