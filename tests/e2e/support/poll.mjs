/** Waits for something to become true: asked again and again until the deadline. */
export async function until(what, ask, { seconds = 20, every = 100 } = {}) {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        const answer = await ask();
        if (answer) {
            return answer;
        }
        if (Date.now() > deadline) {
            throw new Error(`after ${seconds} s still not: ${what}`);
        }
        await new Promise((resolve) => setTimeout(resolve, every));
    }
}
