// Entries by when they expire: a binary heap, so that those which have expired are found without a
// look at the rest.

export interface Expiring {
  readonly expiresAt: number;
}

/**
 * An array without a prototype: an index past its end reads as undefined and can be assigned to,
 * whatever `Object.prototype` has under that number.
 */
interface Heap<E> {
  [at: number]: E;
  length: number;
}

function heapOf<E>(entries: E[]): Heap<E> {
  return Object.setPrototypeOf(entries, null) as Heap<E>;
}

export class ExpiryQueue<E extends Expiring> {
  #heap = heapOf<E>([]);

  get size(): number {
    return this.#heap.length;
  }

  add(entry: E): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as E;
      if (parent.expiresAt <= entry.expiresAt) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  /** Takes out one that has expired, the first of all; `undefined` where none has. */
  take(now: number): E | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.expiresAt > now) return undefined;
    const last = heap[heap.length - 1] as E;
    heap.length -= 1;
    if (last !== first) this.#sink(last);
    return first;
  }

  /** Holds these instead. */
  reset(entries: Iterable<E>): void {
    // What is sorted is a heap.
    const sorted = Array.from(entries).sort((one, other) => one.expiresAt - other.expiresAt);
    this.#heap = heapOf(sorted);
  }

  /** Puts an entry in the place of the first. */
  #sink(entry: E): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && right.expiresAt < left.expiresAt) below += 1;
      const child = heap[below] as E;
      if (entry.expiresAt <= child.expiresAt) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = entry;
  }
}
