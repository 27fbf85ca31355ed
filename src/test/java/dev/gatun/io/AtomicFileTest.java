package dev.gatun.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    private Path folder;

    private static AtomicFile.Content text(String text) {
        return file -> file.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void writesAndReplaces() throws IOException {
        Path path = folder.resolve("a.txt");
        AtomicFile.write(path, text("one"));
        assertEquals("one", Files.readString(path));
        AtomicFile.write(path, text("2"));
        assertEquals("2", Files.readString(path));
        assertEquals(List.of("a.txt"), files());
    }

    @Test
    void showsNothingBeforeItIsWhole() {
        Path path = folder.resolve("a.txt");
        AtomicFile.write(path, file -> {
            assertFalse(Files.exists(path));
            text("content").writeTo(file);
            assertFalse(Files.exists(path));
        });
        assertTrue(Files.exists(path));
    }

    @Test
    void givesTheUsualPermissions() throws IOException {
        Path usual = Files.writeString(folder.resolve("usual"), "");
        Path path = folder.resolve("a.txt");
        AtomicFile.write(path, text(""));
        assertEquals(Files.getPosixFilePermissions(usual), Files.getPosixFilePermissions(path));
    }

    @Test
    void keepsThePermissionsOfWhatItReplaces() throws IOException {
        Path path = Files.writeString(folder.resolve("private"), "old");
        Set<PosixFilePermission> mine = PosixFilePermissions.fromString("rw-------");
        Files.setPosixFilePermissions(path, mine);
        AtomicFile.write(path, file -> {
            for (String name : files()) {
                assertEquals(mine, Files.getPosixFilePermissions(folder.resolve(name)), name);
            }
            text("new").writeTo(file);
        });
        assertEquals(mine, Files.getPosixFilePermissions(path));
        assertEquals("new", Files.readString(path));
    }

    @Test
    void followsASymbolicLink() throws IOException {
        Path real = Files.writeString(folder.resolve("real"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("real"));
        AtomicFile.write(link, text("new"));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("new", Files.readString(real));
    }

    @Test
    void leavesNothingBehindWhenTheContentFails() throws IOException {
        Path kept = Files.writeString(folder.resolve("kept"), "old");
        IOException full = new IOException("disk full");
        AtomicFile.Content failing = file -> {
            text("new").writeTo(file);
            throw full;
        };
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> AtomicFile.write(kept, failing));
        assertEquals(kept + ": cannot be written: disk full", e.getMessage());
        assertSame(full, e.getCause());
        assertThrows(UncheckedIOException.class, () -> AtomicFile.write(folder.resolve("absent"), failing));
        assertThrows(
                StackOverflowError.class,
                () -> AtomicFile.write(kept, file -> {
                    throw new StackOverflowError();
                }));
        assertEquals("old", Files.readString(kept));
        assertEquals(List.of("kept"), files());
    }

    @Test
    void refusesAMissingFolder() {
        Path path = folder.resolve("missing").resolve("a.txt");
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> AtomicFile.write(path, text("")));
        assertTrue(e.getMessage().startsWith(path + ": cannot be written: no such file or folder: "), e.getMessage());
        assertEquals(NoSuchFileException.class, e.getCause().getClass());
    }

    @Test
    void refusesAReadOnlyFile() throws IOException {
        Path path = Files.writeString(folder.resolve("kept"), "old");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r--r--r--"));
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> AtomicFile.write(path, text("new")));
        assertEquals(path + ": cannot be written: it is read-only", e.getMessage());
        assertEquals("old", Files.readString(path));
        assertEquals(List.of("kept"), files());
    }

    @Test
    void refusesAReadOnlyFileSystem() {
        Path path = Path.of(URI.create("jrt:/java.base/a.txt"));
        assertThrows(ReadOnlyFileSystemException.class, () -> AtomicFile.write(path, text("")));
    }

    @Test
    void refusesAFolder() throws IOException {
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> AtomicFile.write(folder, text("")));
        assertEquals(folder + ": cannot be written: it is a folder", e.getMessage());
        assertEquals(List.of(), files());
    }
}
