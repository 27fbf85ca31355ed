package dev.gatun.io;

import dev.gatun.Device;
import dev.gatun.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * NumPy's arrays: an archive that {@code numpy.savez} or {@code savez_compressed} wrote ({@code .npz}), or a single array
 * ({@code .npy}), which gets the file's name without the ending.
 *
 * <p>Arrays of f8, f4, f2, i8, i4 and b1 can be read, of either byte order, row- or column-major; others are listed. Everything that
 * is not an array is left alone. Headers are checked against the size of the data before this object exists, and every array against
 * its checksum as it is read; nothing in a file is ever evaluated.
 */
public final class Npz implements TensorSource {
    private static final String SUFFIX = ".npy";
    private static final byte[] ARCHIVE = {'P', 'K'};

    /** No deflated byte stands for more than this, and no stream is shorter than the slack. */
    private static final long BEST_DEFLATION = 1032;

    private static final long DEFLATION_SLACK = 1024;

    private final Path file;
    private final @Nullable ZipFile archive;
    private final SequencedMap<String, NpyArray> arrays;
    private volatile boolean closed;

    private Npz(Path file, @Nullable ZipFile archive, SequencedMap<String, NpyArray> arrays) {
        this.file = file;
        this.archive = archive;
        this.arrays = Collections.unmodifiableSequencedMap(arrays);
    }

    /**
     * Opens an archive or an array, told apart by their first bytes, and checks the headers.
     *
     * @throws MalformedFileException if the file is neither, or is damaged
     * @throws UncheckedIOException if the file cannot be read
     */
    public static Npz open(Path file) {
        try {
            byte[] start;
            try (InputStream in = Files.newInputStream(file)) {
                start = in.readNBytes(Long.BYTES);
            }
            if (NpyHeader.startsWithMagic(start)) {
                return new Npz(file, null, single(file));
            }
            if (start.length < 2 || start[0] != ARCHIVE[0] || start[1] != ARCHIVE[1]) {
                throw new MalformedFileException(
                        file, "expected a .npz or .npy file, found the first bytes of neither");
            }
            return archive(file, new ZipFile(file.toFile()));
        } catch (IOException e) {
            throw NpyArray.failure(file, "zip archive: ", e);
        }
    }

    private static SequencedMap<String, NpyArray> single(Path file) throws IOException {
        NpyArray.Source source = new NpyArray.Source(Files.size(file), -1, () -> Files.newInputStream(file));
        String name = file.getFileName().toString();
        name = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
        SequencedMap<String, NpyArray> arrays = new LinkedHashMap<>();
        arrays.put(name, new NpyArray(file, "", name, source));
        return arrays;
    }

    private static Npz archive(Path file, ZipFile archive) throws IOException {
        boolean opened = false;
        try {
            SequencedMap<String, NpyArray> arrays = new LinkedHashMap<>();
            long fileSize = Files.size(file);
            for (ZipEntry member : Collections.list(archive.entries())) {
                if (member.getName().endsWith(SUFFIX)) {
                    String name = member.getName().substring(0, member.getName().length() - SUFFIX.length());
                    if (arrays.put(name, array(file, fileSize, name, archive, member)) != null) {
                        throw new MalformedFileException(file, "array '" + name + "' is there twice");
                    }
                }
            }
            opened = true;
            return new Npz(file, archive, arrays);
        } finally {
            if (!opened) {
                archive.close();
            }
        }
    }

    private static NpyArray array(Path file, long fileSize, String name, ZipFile archive, ZipEntry member) {
        String where = "array '" + name + "': ";
        long size = member.getSize();
        long compressed = member.getCompressedSize();
        if (compressed > fileSize || (size - DEFLATION_SLACK) / BEST_DEFLATION > compressed) {
            throw new MalformedFileException(
                    file,
                    where + "declared are " + size + " bytes, compressed to " + compressed
                            + ", which cannot be in a file of " + fileSize);
        }
        return new NpyArray(
                file, where, name, new NpyArray.Source(size, member.getCrc(), () -> archive.getInputStream(member)));
    }

    @Override
    public SequencedSet<String> names() {
        return arrays.sequencedKeySet();
    }

    @Override
    public TensorEntry entry(String name) {
        return array(name).entry();
    }

    @Override
    public Tensor read(String name, Device device) {
        if (closed) {
            throw new IllegalStateException(file + ": read after it was closed");
        }
        return array(name).read(device);
    }

    private NpyArray array(String name) {
        NpyArray array = arrays.get(name);
        if (array == null) {
            throw Elements.missing(file, name, arrays.keySet());
        }
        return array;
    }

    @Override
    public void close() {
        closed = true;
        try {
            if (archive != null) {
                archive.close();
            }
        } catch (IOException e) {
            throw AtomicFile.failure(file, "cannot be closed", e);
        }
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
