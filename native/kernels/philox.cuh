// Philox4x32-10 (Salmon et al. 2011): block i of a stream is a function of i and the seed.
#ifndef GATUN_PHILOX
#define GATUN_PHILOX

struct Words {
    unsigned word[4];
};

/// The four words of the block with that counter, whose upper 64 bits are 0.
__device__ static inline Words philox(unsigned long long seed, unsigned long long counter) {
    unsigned c0 = (unsigned)counter, c1 = (unsigned)(counter >> 32), c2 = 0, c3 = 0;
    unsigned k0 = (unsigned)seed, k1 = (unsigned)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        unsigned long long product0 = (unsigned long long)c0 * 0xD2511F53u;
        unsigned long long product1 = (unsigned long long)c2 * 0xCD9E8D57u;
        c0 = (unsigned)(product1 >> 32) ^ c1 ^ k0;
        c1 = (unsigned)product1;
        c2 = (unsigned)(product0 >> 32) ^ c3 ^ k1;
        c3 = (unsigned)product0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    Words words = {{c0, c1, c2, c3}};
    return words;
}

/// Dropout: an element is kept where its word's upper 24 bits are at least the threshold, and then times high + low = 1 / (1 - p).
struct Dropping {
    unsigned long long seed;
    unsigned long long offset;
    Scalar high;
    Scalar low;
    unsigned threshold;
    int on;
};

__device__ static inline Scalar dropped(const Dropping &dropping, unsigned word, Scalar x) {
    return word >> 8 >= dropping.threshold ? fused(x, dropping.high, x * dropping.low) : Scalar(0);
}

#endif
