package dev.gatun.example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An example that was run in a JVM of its own, as {@code scripts/example} starts it; the build writes its arguments. */
record ExampleRun(int exit, String out, String err) {
    private static final int MINUTES = 5;

    /** Runs a main class of the module of examples to its end, keeping what it prints in files of a folder; with options for the JVM. */
    static ExampleRun of(Path folder, List<String> options, String mainClass, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("@" + Path.of("target", "example.args"));
        command.addAll(options);
        command.add("--module");
        command.add("dev.gatun.example/dev.gatun.example." + mainClass);
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out.txt");
        Path err = folder.resolve("err.txt");
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IllegalStateException(command + " did not end in " + MINUTES + " minutes");
        }
        return new ExampleRun(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
