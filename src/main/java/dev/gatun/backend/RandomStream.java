package dev.gatun.backend;

/**
 * A place in the sequence of random numbers that a seed gives. Element i of a call takes Philox4x32-10's output word i mod 4 of
 * the block with counter offset + ⌊i / 4⌋ (64 bits, low words of the counter) and the seed as key (Salmon et al. 2011), whatever
 * the backend and its threads.
 *
 * @param seed the key
 * @param offset the first counter
 */
public record RandomStream(long seed, long offset) {}
