package dev.gatun.backend;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Owned bytes in a backend's memory, 64-byte aligned, counted by reference: it starts with one reference, every tensor and every
 * saved view of it holds one, and the last release gives the bytes back. Thread-safe.
 */
public abstract class Storage {
    private final long byteSize;
    private final AtomicInteger references = new AtomicInteger(1);

    /** A storage of so many bytes with one reference, held by the caller. */
    protected Storage(long byteSize) {
        this.byteSize = byteSize;
    }

    /** Bytes that may be read and written. */
    public final long byteSize() {
        return byteSize;
    }

    /** Adds a reference. */
    public final void retain() {
        if (!retainIfAlive()) {
            throw new IllegalStateException("storage: used after its last reference was released");
        }
    }

    /** Adds a reference where one is left, and says whether it did: for who finds a storage that others may release just now. */
    public final boolean retainIfAlive() {
        return references.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    /** Drops a reference; the last one gives the bytes back to the backend. */
    public final void release() {
        int before = references.getAndUpdate(count -> count == 0 ? 0 : count - 1);
        if (before == 0) {
            throw new IllegalStateException("storage: released more often than retained");
        }
        if (before == 1) {
            free();
        }
    }

    /** Whether a reference is left. */
    public final boolean isAlive() {
        return references.get() > 0;
    }

    /** Whether the caller, who holds a reference, is the only one to hold one. */
    public final boolean isExclusive() {
        return references.get() == 1;
    }

    /** Gives the bytes back; called once, by the last release. */
    protected abstract void free();
}
