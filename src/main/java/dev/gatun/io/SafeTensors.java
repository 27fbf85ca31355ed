package dev.gatun.io;

import dev.gatun.Device;
import dev.gatun.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * A file of the <a href="https://huggingface.co/docs/safetensors">safetensors</a> format, the one in which PyTorch's models travel:
 * mapped into memory, so that opening reads the header only, and reading a tensor reads its bytes only.
 *
 * <pre>{@code
 * try (var file = SafeTensors.open(Path.of("model.safetensors"))) {
 *     for (String name : file.names()) {
 *         IO.println(file.entry(name));
 *     }
 * }
 * }</pre>
 *
 * <p>Everything in the header is checked before this object exists. Names are kept exactly. Of the format's types, F64, F32, F16,
 * BF16, I64, I32 and BOOL can be read; tensors of other types are listed, and their bytes are there as a {@link #segment}. The file
 * must not be truncated while it is open. One that is dropped without being closed is unmapped once it is unreachable.
 */
public final class SafeTensors implements TensorSource {
    private static final Cleaner CLEANER = Cleaner.create();

    private final Path file;
    private final SafeTensorsHeader header;
    private final MemorySegment data;
    private final Cleaner.Cleanable mapping;

    private SafeTensors(Path file, SafeTensorsHeader header, MemorySegment data, Arena arena) {
        this.file = file;
        this.header = header;
        this.data = data;
        this.mapping = CLEANER.register(this, arena::close);
    }

    /**
     * Opens a file and checks its header.
     *
     * @throws MalformedFileException if the file is not what the format demands
     * @throws UncheckedIOException if the file cannot be read
     */
    public static SafeTensors open(Path file) {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            SafeTensorsHeader header = SafeTensorsHeader.parse(file, bytes);
            return new SafeTensors(file, header, bytes.asSlice(header.dataStart()), arena);
        } catch (IOException e) {
            arena.close();
            throw AtomicFile.failure(file, "cannot be read", e);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Writes tensors of any strides and devices, in the map's order, with free text beside them ({@code Map.of()} for none). The file is
     * there whole or not at all, as {@link AtomicFile} has it.
     *
     * @throws IllegalStateException if a tensor is closed
     * @throws UncheckedIOException if the file cannot be written
     */
    public static void write(Path file, Map<String, ? extends Tensor> tensors, Map<String, String> metadata) {
        SafeTensorsWriter writer = new SafeTensorsWriter(tensors, metadata);
        AtomicFile.write(file, writer::writeTo);
    }

    @Override
    public SequencedSet<String> names() {
        return header.tensors().sequencedKeySet();
    }

    @Override
    public TensorEntry entry(String name) {
        return item(name).entry();
    }

    /** The free text that the file carries, in its order. */
    public SequencedMap<String, String> metadata() {
        return header.metadata();
    }

    @Override
    public Tensor read(String name, Device device) {
        TensorEntry entry = entry(name);
        if (entry.dtype() == null) {
            throw Elements.unsupported(file, entry, "F64, F32, F16, BF16, I64, I32 and BOOL");
        }
        try {
            return Elements.toTensor(segment(name), ByteOrder.LITTLE_ENDIAN, entry.dtype(), entry.shape(), device);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * The bytes of one tensor where they lie in the file: read-only, row-major, little-endian, at any alignment. Valid until this is
     * closed; it does not keep this open by itself.
     *
     * @throws IllegalStateException if this is closed
     */
    public MemorySegment segment(String name) {
        SafeTensorsHeader.Item item = item(name);
        if (!data.scope().isAlive()) {
            throw new IllegalStateException(file + ": read after it was closed");
        }
        return data.asSlice(item.begin(), item.entry().byteSize());
    }

    private SafeTensorsHeader.Item item(String name) {
        SafeTensorsHeader.Item item = header.tensors().get(name);
        if (item == null) {
            throw Elements.missing(file, name, header.tensors().keySet());
        }
        return item;
    }

    @Override
    public void close() {
        mapping.clean();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
