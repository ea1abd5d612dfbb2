// Choices that a seed repeats. What the machine does meanwhile (who is faster, where the kill falls) no seed repeats.

/** mulberry32, a small public-domain generator: 32 bits of state are plenty for choosing. */
export class Random {
    constructor(seed) {
        this.state = seed >>> 0;
    }

    /** In [0, 1). */
    number() {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    }

    below(limit) { return Math.floor(this.number() * limit); }
    between(from, to) { return from + this.number() * (to - from); }
    chance(probability) { return this.number() < probability; }
    pick(list) { return list[this.below(list.length)]; }

    /** One key of { key: weight }. */
    weighted(weights) {
        const entries = Object.entries(weights);
        let left = this.number() * entries.reduce((sum, [, weight]) => sum + weight, 0);
        for (const [key, weight] of entries) {
            left -= weight;
            if (left < 0) {
                return key;
            }
        }
        return entries.at(-1)[0];
    }
}
