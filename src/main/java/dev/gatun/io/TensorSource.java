package dev.gatun.io;

import dev.gatun.Device;
import dev.gatun.Tensor;
import java.util.SequencedSet;

/** Named tensors that can be read one at a time: what a model loads its parameters from. Safe for use by several threads. */
public interface TensorSource extends AutoCloseable {
    /** The names, in the file's order. */
    SequencedSet<String> names();

    /**
     * What the file says about one tensor; nothing is read.
     *
     * @throws IllegalArgumentException if there is no tensor of that name
     */
    TensorEntry entry(String name);

    /**
     * A contiguous copy of one tensor, owned by the current scope.
     *
     * @throws IllegalArgumentException if there is no tensor of that name
     * @throws IllegalStateException if this is closed, or no scope is open
     * @throws MalformedFileException if its type is one that Gatun does not hold, or its data are damaged
     */
    Tensor read(String name, Device device);

    /** Lets go of the file. Tensors that were read stay. Closing twice is harmless. */
    @Override
    void close();
}
