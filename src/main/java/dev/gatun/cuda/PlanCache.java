package dev.gatun.cuda;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What was last used of things that are costly to make: descriptors and plans by configuration and shape. Used under the device's lock.
 *
 * @param <K> what tells them apart
 * @param <V> the things
 */
final class PlanCache<K, V> implements AutoCloseable {
    private final int capacity;
    private final Consumer<V> end;
    private final LinkedHashMap<K, V> entries = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * An empty cache.
     *
     * @param capacity how many are kept; past it the one that was not used for longest goes
     * @param end what is done with those that go
     */
    PlanCache(int capacity, Consumer<V> end) {
        this.capacity = capacity;
        this.end = end;
    }

    /** The thing for a key, made where it is not there. */
    V get(K key, Function<K, V> maker) {
        V found = entries.get(key);
        if (found == null) {
            found = maker.apply(key);
            entries.put(key, found);
            dropEldest();
        }
        return found;
    }

    /** All that is kept, what was last used at the end. */
    List<V> values() {
        return List.copyOf(entries.values());
    }

    private void dropEldest() {
        if (entries.size() > capacity) {
            Map.Entry<K, V> eldest = entries.pollFirstEntry();
            end.accept(eldest.getValue());
        }
    }

    @Override
    public void close() {
        Handles all = new Handles();
        entries.values().forEach(entry -> all.own(() -> end.accept(entry)));
        entries.clear();
        all.close();
    }
}
