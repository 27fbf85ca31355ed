package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelCacheTest {
    private static final String KEY = "0123abcd";

    @TempDir
    Path folder;

    private static byte[] code(int seed) {
        byte[] code = new byte[100_000];
        for (int i = 0; i < code.length; i++) {
            code[i] = (byte) (i * seed);
        }
        return code;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void keepsWhatIsStored() throws IOException {
        KernelCache cache = new KernelCache(folder.resolve("made").resolve("on demand"));
        assertEquals(Optional.empty(), cache.find(KEY));
        cache.store(KEY, code(7));
        assertArrayEquals(code(7), cache.find(KEY).orElseThrow());
        assertArrayEquals(
                code(7),
                new KernelCache(folder.resolve("made").resolve("on demand"))
                        .find(KEY)
                        .orElseThrow(),
                "another process finds it");
        assertEquals(Optional.empty(), cache.find("4567"));
    }

    @Test
    void discardsWhatIsDamaged() throws IOException {
        KernelCache cache = new KernelCache(folder);
        cache.store(KEY, code(3));
        Path file = files().getFirst();
        byte[] whole = Files.readAllBytes(file);
        for (int place : new int[] {0, 31, 32, whole.length / 2, whole.length - 1}) {
            byte[] damaged = whole.clone();
            damaged[place] ^= 1;
            assertDiscards(cache, file, damaged, "one bit at " + place);
        }
        for (int length : new int[] {0, 1, 32, 33, whole.length - 1}) {
            assertDiscards(cache, file, Arrays.copyOf(whole, length), "cut to " + length);
        }
        Files.write(file, whole);
        assertArrayEquals(code(3), cache.find(KEY).orElseThrow());
    }

    private static void assertDiscards(KernelCache cache, Path file, byte[] damaged, String how) throws IOException {
        Files.write(file, damaged);
        assertEquals(Optional.empty(), cache.find(KEY), how);
        assertFalse(Files.exists(file), how + " is deleted");
    }

    @Test
    void codeUnderAnothersNameIsNotTaken() throws IOException {
        KernelCache cache = new KernelCache(folder);
        cache.store(KEY, code(3));
        Path file = files().getFirst();
        Files.move(file, file.resolveSibling(file.getFileName().toString().replace(KEY, "ffff")));
        assertEquals(Optional.empty(), cache.find("ffff"));
    }

    @Test
    void writersAtOnceLeaveOneWholeFile() throws IOException, InterruptedException, ExecutionException {
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> all = new ArrayList<>();
            for (int writer = 0; writer < 8; writer++) {
                KernelCache cache = new KernelCache(folder);
                all.add(threads.submit(() -> {
                    for (int i = 0; i < 20; i++) {
                        cache.store(KEY, code(5));
                        assertArrayEquals(code(5), cache.find(KEY).orElseThrow());
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        assertEquals(1, files().size(), () -> "nothing is left beside it: " + folder);
    }

    @Test
    void aFolderThatCannotBeUsedCostsTimeAlone() throws IOException {
        Path file = Files.writeString(folder.resolve("a file"), "where a folder should be");
        KernelCache cache = new KernelCache(file.resolve("kernels"));
        cache.store(KEY, code(3));
        assertEquals(Optional.empty(), cache.find(KEY));
        cache.discard(KEY, "it is not there anyway");
        assertTrue(Files.isRegularFile(file));
    }

    @Test
    void theUsersFolderCanBeMoved() {
        String before = System.getProperty(KernelCache.FOLDER);
        System.setProperty(KernelCache.FOLDER, folder.resolve("moved").toString());
        try {
            KernelCache.ofUser().store(KEY, code(1));
            assertTrue(Files.isDirectory(folder.resolve("moved")));
        } finally {
            if (before == null) {
                System.clearProperty(KernelCache.FOLDER);
            } else {
                System.setProperty(KernelCache.FOLDER, before);
            }
        }
    }
}
