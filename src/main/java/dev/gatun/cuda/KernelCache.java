package dev.gatun.cuda;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;

/**
 * Compiled kernels on the disk, each in a file of its own: a checksum, then the code. Any number of processes may use one folder: a file
 * is written beside its place and moved into it. A folder that cannot be used costs time alone, and is said once in the log.
 */
final class KernelCache {
    /** Moves the folder. */
    static final String FOLDER = "gatun.cuda.cache";

    private static final System.Logger LOG = System.getLogger("dev.gatun.cuda");
    private static final int CHECKSUM_BYTES = 32;

    private final Path folder;
    private boolean complained;

    KernelCache(Path folder) {
        this.folder = folder;
    }

    /** The user's: what the property says, else {@code gatun/kernels} in the user's cache folder. */
    static KernelCache ofUser() {
        String given = System.getProperty(FOLDER);
        if (given != null) {
            return new KernelCache(Path.of(given));
        }
        String caches = System.getenv("XDG_CACHE_HOME");
        Path parent = caches == null || caches.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache")
                : Path.of(caches);
        return new KernelCache(parent.resolve("gatun").resolve("kernels"));
    }

    /** The code kept under a key; empty where there is none, or where what is there is damaged: then it is deleted. */
    Optional<byte[]> find(String key) {
        Path file = file(key);
        try {
            byte[] bytes = Files.readAllBytes(file);
            if (bytes.length > CHECKSUM_BYTES) {
                byte[] code = Arrays.copyOfRange(bytes, CHECKSUM_BYTES, bytes.length);
                if (Arrays.equals(checksum(key, code), Arrays.copyOf(bytes, CHECKSUM_BYTES))) {
                    return Optional.of(code);
                }
            }
            discard(key, "its checksum is wrong");
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        } catch (IOException e) {
            complain("cannot be read", e);
        }
        return Optional.empty();
    }

    /** Deletes what is kept under a key, for a reason. */
    void discard(String key, String reason) {
        LOG.log(Level.WARNING, "compiled kernels {0} are discarded: {1}", file(key), reason);
        try {
            Files.deleteIfExists(file(key));
        } catch (IOException e) {
            complain("cannot be mended", e);
        }
    }

    /** Keeps code under a key. */
    void store(String key, byte[] code) {
        Path beside = folder.resolve("." + key + "." + UUID.randomUUID() + ".tmp");
        byte[] bytes = Arrays.copyOf(checksum(key, code), CHECKSUM_BYTES + code.length);
        System.arraycopy(code, 0, bytes, CHECKSUM_BYTES, code.length);
        try {
            Files.createDirectories(folder);
            try {
                Files.write(beside, bytes);
                Files.move(beside, file(key), StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (IOException e) {
            complain("cannot be written", e);
        }
    }

    /** Over the key too: code under another's name is not that one's. */
    private static byte[] checksum(String key, byte[] code) {
        byte[] name = key.getBytes(StandardCharsets.UTF_8);
        byte[] all = Arrays.copyOf(name, name.length + code.length);
        System.arraycopy(code, 0, all, name.length, code.length);
        return KernelSource.sha256(all);
    }

    private Path file(String key) {
        return folder.resolve(key + ".cubin");
    }

    private synchronized void complain(String what, IOException reason) {
        if (!complained) {
            complained = true;
            LOG.log(
                    Level.WARNING,
                    "the folder of compiled kernels " + folder + " " + what + ", every process compiles anew; -D"
                            + FOLDER + " names another: " + reason);
        }
    }
}
