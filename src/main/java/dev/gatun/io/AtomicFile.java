package dev.gatun.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;

/**
 * Files that are there whole or not at all: written beside their place, forced to the disk, and moved into it. Whatever goes wrong,
 * a file that was there before stays as it was, and nothing is left behind.
 */
public final class AtomicFile {
    private static final Set<PosixFilePermission> WRITE = EnumSet.of(
            PosixFilePermission.OWNER_WRITE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private AtomicFile() {}

    /** What goes into a file. */
    @FunctionalInterface
    public interface Content {
        /** Writes the whole content to a new, empty file. */
        void writeTo(FileChannel file) throws IOException;
    }

    /**
     * Writes a file, or replaces one. A symbolic link is followed; a file that is replaced keeps its permissions. The folder must exist.
     *
     * @throws UncheckedIOException if the file cannot be written, or is there and marked read-only; what {@code content} throws
     *     otherwise passes through
     */
    public static void write(Path path, Content content) {
        try {
            replace(Files.exists(path) ? path.toRealPath() : path.toAbsolutePath(), content);
        } catch (IOException e) {
            throw failure(path, "cannot be written", e);
        }
    }

    private static void replace(Path target, Content content) throws IOException {
        checkReplaceable(target);
        Path folder = target.resolveSibling("");
        Path beside = folder.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
        boolean moved = false;
        try {
            try (FileChannel file = FileChannel.open(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                keepPermissions(target, beside);
                content.writeTo(file);
                file.force(true);
            }
            Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
            moved = true;
        } finally {
            if (!moved) {
                Files.deleteIfExists(beside);
            }
        }
        force(folder);
    }

    /** Before there is anything to read: what was private stays so. */
    private static void keepPermissions(Path target, Path beside) throws IOException {
        if (Files.exists(target) && Files.getFileAttributeView(target, PosixFileAttributeView.class) != null) {
            Files.setPosixFilePermissions(beside, Files.getPosixFilePermissions(target));
        }
    }

    /** A rename replaces what open() could not write, so what the owner protected is asked for here; even root heeds it. */
    private static void checkReplaceable(Path target) throws IOException {
        if (Files.isDirectory(target)) {
            throw new FileSystemException(target.toString(), null, "it is a folder");
        }
        PosixFileAttributeView posix = Files.getFileAttributeView(target, PosixFileAttributeView.class);
        if (Files.exists(target)) {
            boolean writable = posix == null
                    ? Files.isWritable(target)
                    : !Collections.disjoint(posix.readAttributes().permissions(), WRITE);
            if (!writable) {
                throw new FileSystemException(target.toString(), null, "it is read-only");
            }
        }
    }

    /** Makes the move itself durable; where folders cannot be opened (Windows) the rename is all that can be asked for. */
    private static void force(Path folder) throws IOException {
        try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
            entries.force(true);
        } catch (AccessDeniedException notReadable) {
            return;
        }
    }

    /** What to throw for a failure of the file system: {@code file: what: reason}. */
    static UncheckedIOException failure(Path file, String what, IOException cause) {
        String reason = switch (cause) {
            case NoSuchFileException missing -> "no such file or folder: " + missing.getFile();
            case AccessDeniedException denied -> "access denied: " + denied.getFile();
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        };
        return new UncheckedIOException(file + ": " + what + ": " + reason, cause);
    }
}
