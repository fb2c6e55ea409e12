// Processes that do as they are told, one call at a time, and answer.
import { fork } from "node:child_process";
import { once } from "node:events";

/** A program of the consumer's folder. */
export class Child {
  #process;
  #closed;
  /** What waits for the next answer. */
  #settle;

  /** Starts it, and waits until it is ready. */
  static async start(path, args, options) {
    const child = new Child();
    const ready = child.#answer();
    child.#run(fork(path, args, options));
    await ready;
    return child;
  }

  /** What the process answers; an error with its `code` and `status` where it has thrown. */
  async call(call, input = {}) {
    const answer = this.#answer();
    this.#process.send({ call, ...input });
    return answer;
  }

  async end() {
    await this.call("end");
    await this.#closed;
  }

  /** Ends it where it stands, as a crash does. */
  async kill() {
    this.#process.kill("SIGKILL");
    await this.#closed;
  }

  #run(process) {
    this.#process = process;
    this.#closed = once(process, "close");
    process.on("message", (message) => this.#settle(message));
    process.on("close", (code) => this.#settle({ text: `the process has ended: ${code}` }));
  }

  async #answer() {
    const message = await new Promise((resolve) => (this.#settle = resolve));
    if ("answer" in message) return message.answer;
    throw Object.assign(new Error(message.text), message);
  }
}
