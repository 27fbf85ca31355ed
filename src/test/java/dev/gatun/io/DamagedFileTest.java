package dev.gatun.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Damages good files at random, with a fixed seed: whatever the bytes are, they are read, or refused as malformed. */
@ExtendWith(MemoryLeakExtension.class)
class DamagedFileTest {
    private static final int ROUNDS = 4_000;
    private static final String SYNTAX = "0123456789-.,:\"'{}[]()\\";
    private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");

    @TempDir
    private Path folder;

    @Test
    void safeTensors() throws IOException {
        byte[] good = Files.readAllBytes(GOLDEN.resolve("npz/arrays.safetensors"));
        int refused = damage(good, 1200, SafeTensors::open);
        assertTrue(refused > ROUNDS / 2 && refused < ROUNDS, refused + " refused");
    }

    @Test
    void storedArchive() throws IOException {
        byte[] good = Files.readAllBytes(GOLDEN.resolve("npz/stored.npz"));
        int refused = damage(good, good.length, Npz::open);
        assertTrue(refused > ROUNDS / 2 && refused < ROUNDS, refused + " refused");
    }

    @Test
    void compressedArchive() throws IOException {
        byte[] good = Files.readAllBytes(GOLDEN.resolve("npz/compressed.npz"));
        int refused = damage(good, good.length, Npz::open);
        assertTrue(refused > ROUNDS / 2 && refused < ROUNDS, refused + " refused");
    }

    @Test
    void array() throws IOException {
        byte[] good = FileBytes.npy("{'descr': '>f4', 'fortran_order': True, 'shape': (3, 5), }\n", new byte[60]);
        int refused = damage(good, 70, Npz::open);
        assertTrue(refused > ROUNDS / 2 && refused < ROUNDS, refused + " refused");
    }

    /** Damages mostly the first bytes, reads all that opens, and counts what was refused. */
    private int damage(byte[] good, int header, Function<Path, TensorSource> open) throws IOException {
        Random random = new Random(42);
        assertEquals("", outcome(Files.write(folder.resolve("good"), good), open));
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = good;
            for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
                bytes = edit(bytes, random.nextInt(4) == 0 ? bytes.length : Math.min(header, bytes.length), random);
            }
            Path file = Files.write(folder.resolve("damaged" + round), bytes);
            refused += outcome(file, open).isEmpty() ? 0 : 1;
            Files.delete(file);
        }
        return refused;
    }

    private static byte[] edit(byte[] bytes, int limit, Random random) {
        if (limit < 2) {
            return bytes;
        }
        int at = random.nextInt(limit);
        byte[] edited = bytes.clone();
        switch (random.nextInt(6)) {
            case 0, 1 -> edited[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> edited[at] = (byte) random.nextInt();
            case 3 -> edited[at] = (byte) SYNTAX.charAt(random.nextInt(SYNTAX.length()));
            case 4 -> edited = random.nextInt(8) == 0 ? Arrays.copyOf(bytes, at) : edited;
            default -> {
                int length = Math.min(random.nextInt(8), bytes.length - at);
                byte[] rest = Arrays.copyOfRange(bytes, at + length, bytes.length);
                edited = FileBytes.concat(Arrays.copyOf(bytes, at), rest);
            }
        }
        return edited;
    }

    /** Why the file was refused, or nothing; any other exception passes through and fails the test. */
    private static String outcome(Path path, Function<Path, TensorSource> open) {
        try (var _ = Scope.open();
                TensorSource file = open.apply(path)) {
            for (String name : file.names()) {
                if (file.entry(name).dtype() != null) {
                    assertEquals(
                            file.entry(name).shape(),
                            file.read(name, Device.cpu()).shape());
                }
            }
            return "";
        } catch (MalformedFileException e) {
            return e.getMessage();
        }
    }
}
