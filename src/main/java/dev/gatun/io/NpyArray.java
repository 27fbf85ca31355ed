package dev.gatun.io;

import dev.gatun.Device;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipException;

/** One array in NumPy's format, in a file of its own or in an archive. Its header was checked against the size of its data. */
final class NpyArray {
    private static final int CHUNK = 1 << 16;

    /**
     * Where an array's bytes come from.
     *
     * @param size how many there are
     * @param checksum their CRC-32, or -1 where none is known
     * @param opening opens a stream of them
     */
    record Source(long size, long checksum, Opening opening) {}

    /** Opens a stream from its start; may be called often. */
    @FunctionalInterface
    interface Opening {
        InputStream open() throws IOException;
    }

    private final Path file;
    private final String where;
    private final Source source;
    private final NpyHeader header;
    private final TensorEntry entry;

    /** Reads and checks the header. */
    NpyArray(Path file, String where, String name, Source source) {
        this.file = file;
        this.where = where;
        this.source = source;
        try (InputStream in = source.opening.open()) {
            header = NpyHeader.read(file, where, in);
        } catch (IOException e) {
            throw failure(file, where, e);
        }
        entry = new TensorEntry(name, header.type(), header.dtype(), header.shape(), source.size - header.length());
        DType dtype = header.dtype();
        if (dtype != null && entry.byteSize() != header.shape().elements() * dtype.byteSize()) {
            throw invalid(header.type() + " " + header.shape() + " takes "
                    + header.shape().elements() * dtype.byteSize() + " bytes, but " + entry.byteSize()
                    + " follow the header");
        }
    }

    TensorEntry entry() {
        return entry;
    }

    Tensor read(Device device) {
        DType dtype = header.dtype();
        if (dtype == null) {
            throw Elements.unsupported(file, entry, NpyHeader.SUPPORTED);
        }
        try (Arena arena = Arena.ofShared()) {
            MemorySegment elements = arena.allocate(entry.byteSize(), Long.BYTES);
            fill(elements);
            if (header.columnMajor() && header.shape().rank() > 1) {
                return rowMajor(elements, dtype, device);
            }
            return Elements.toTensor(elements, header.order(), dtype, header.shape(), device);
        }
    }

    private void fill(MemorySegment elements) {
        CRC32 checksum = new CRC32();
        try (InputStream in = new CheckedInputStream(source.opening.open(), checksum)) {
            in.skipNBytes(header.length());
            byte[] chunk = new byte[CHUNK];
            for (long at = 0; at < elements.byteSize(); ) {
                int count = in.read(chunk, 0, (int) Math.min(CHUNK, elements.byteSize() - at));
                if (count < 0) {
                    throw invalid("the data end after " + at + " bytes of " + elements.byteSize());
                }
                MemorySegment.copy(MemorySegment.ofArray(chunk), 0, elements, at, count);
                at += count;
            }
            if (in.read() >= 0) {
                throw invalid("the data go on after the " + elements.byteSize() + " bytes of " + header.type() + " "
                        + header.shape());
            }
        } catch (IOException e) {
            throw failure(file, where, e);
        }
        if (source.checksum >= 0 && source.checksum != checksum.getValue()) {
            throw invalid("checksum %08x, expected %08x".formatted(checksum.getValue(), source.checksum));
        }
    }

    /** Column-major elements are the row-major ones of the reversed shape. */
    private Tensor rowMajor(MemorySegment elements, DType dtype, Device device) {
        Shape shape = header.shape();
        int[] reversed = new int[shape.rank()];
        int[] order = new int[shape.rank()];
        for (int axis = 0; axis < reversed.length; axis++) {
            order[axis] = reversed.length - 1 - axis;
            reversed[axis] = shape.size(order[axis]);
        }
        try (Tensor columns = Elements.toTensor(elements, header.order(), dtype, Shape.of(reversed), device)) {
            Tensor view = columns.permute(order);
            Tensor rows = view.contiguous();
            if (rows != view) {
                view.close();
            }
            return rows;
        }
    }

    /** What to throw for a failure of a stream, which in an archive may be the archive's own damage. */
    static UncheckedIOException failure(Path file, String where, IOException e) {
        if (e instanceof ZipException || e instanceof EOFException) {
            String reason = e.getMessage() == null ? "unexpected end" : e.getMessage();
            return new MalformedFileException(file, where + "damaged: " + reason, e);
        }
        return AtomicFile.failure(file, "cannot be read", e);
    }

    private MalformedFileException invalid(String problem) {
        return new MalformedFileException(file, where + problem);
    }
}
