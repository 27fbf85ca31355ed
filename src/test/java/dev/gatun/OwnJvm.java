package dev.gatun;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Runs a main class in a JVM of its own, with the library and its tests on the class path.
public final class OwnJvm {
    private static final List<Path> CLASSES = List.of(Path.of("target", "classes"), Path.of("target", "test-classes"));

    private static final List<String> LIBRARIES =
            List.of("libcudart.so.13", "libnvrtc.so.13", "libcublasLt.so.13", "libcublas.so.13", "libcudnn.so.9");

    private final List<String> flags = new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED"));
    private final List<Path> classPath = new ArrayList<>(CLASSES);

    /// The plain one.
    public OwnJvm() {}

    /// What a JVM left.
    public record Outcome(int status, String output, String errors) {}

    /// Starts with another flag.
    public OwnJvm flag(String flag) {
        flags.add(flag);
        return this;
    }

    /// Starts where no GPU can be used, whatever the machine has: the libraries found first are text files in this
    /// folder.
    public OwnJvm withoutGpu(Path folder) {
        for (String name : LIBRARIES) {
            try {
                Files.writeString(folder.resolve(name), "not a library");
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
        return flag("-Dgatun.cuda.path=" + folder);
    }

    /// Starts without native access.
    public OwnJvm denyingNativeAccess() {
        flags.removeFirst();
        return flag("--illegal-native-access=deny");
    }

    /// Starts with another folder of classes, before all others.
    public OwnJvm classes(Path folder) {
        classPath.addFirst(folder);
        return this;
    }

    /// Runs to its end.
    public Outcome run(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.add("-cp");
        command.add(String.join(
                File.pathSeparator,
                classPath.stream().map(path -> path.toAbsolutePath().toString()).toList()));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return run(command);
    }

    private static Outcome run(List<String> command) {
        try {
            Path output = Files.createTempFile("gatun", ".out");
            Path errors = Files.createTempFile("gatun", ".err");
            try {
                int status = new ProcessBuilder(command)
                        .redirectOutput(output.toFile())
                        .redirectError(errors.toFile())
                        .start()
                        .waitFor();
                return new Outcome(status, Files.readString(output), Files.readString(errors));
            } finally {
                Files.delete(output);
                Files.delete(errors);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while a JVM ran", interrupted);
        }
    }
}
