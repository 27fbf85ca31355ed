package dev.gatun.training;

import dev.gatun.Device;
import dev.gatun.Tensor;
import dev.gatun.io.TensorEntry;
import dev.gatun.io.TensorSource;
import java.util.LinkedHashSet;
import java.util.SequencedSet;

/** The tensors of a file whose names start in one way, without that start. */
final class PrefixedSource implements TensorSource {
    private final TensorSource whole;
    private final String prefix;
    private final SequencedSet<String> names = new LinkedHashSet<>();

    PrefixedSource(TensorSource whole, String prefix) {
        this.whole = whole;
        this.prefix = prefix;
        for (String name : whole.names()) {
            if (name.startsWith(prefix)) {
                names.add(name.substring(prefix.length()));
            }
        }
    }

    @Override
    public SequencedSet<String> names() {
        return names;
    }

    @Override
    public TensorEntry entry(String name) {
        return whole.entry(prefix + name);
    }

    @Override
    public Tensor read(String name, Device device) {
        return whole.read(prefix + name, device);
    }

    @Override
    public void close() {
        whole.close();
    }

    @Override
    public String toString() {
        return whole.toString();
    }
}
