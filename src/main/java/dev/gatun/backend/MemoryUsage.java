package dev.gatun.backend;

/**
 * A backend's memory at one moment, in bytes.
 *
 * @param inUse held by live storages
 * @param pooled taken from the system and ready for reuse
 * @param peak the most that was ever in use
 * @param systemAllocations how often memory was taken from the system; stays the same over steady training steps
 */
public record MemoryUsage(long inUse, long pooled, long peak, long systemAllocations) {}
