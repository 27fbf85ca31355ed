package dev.gatun.cuda;

import dev.gatun.layout.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The text of a family of kernels and how it is compiled.
 *
 * @param family the file's name without its ending
 * @param text all of it, with what it includes put in place
 * @param options what NVRTC is told
 */
record KernelSource(String family, String text, List<String> options) {
    private static final String INCLUDE = "#include \"";

    /** A family's kernels for one architecture, such as {@code sm_90}, computing in F32 or F64. */
    static KernelSource of(String family, DType dtype, String architecture) {
        String scalar = switch (dtype) {
            case F32 -> "float";
            case F64 -> "double";
            default ->
                throw new IllegalArgumentException("cuda: no kernels compute in " + dtype + "; convert to F32 first");
        };
        // Products and sums are rounded each for itself: kernels write fma where they mean it. 177: a function is not
        // used.
        List<String> options = List.of(
                "--gpu-architecture=" + architecture,
                "--std=c++17",
                "--fmad=false",
                "--diag-suppress=177",
                "-DSCALAR=" + scalar);
        return new KernelSource(family, expanded(family + ".cu"), options);
    }

    /** What tells this from every other source and way of compiling it, in hexadecimal digits. */
    String digest(String compiler) {
        String all = String.join("\n", options) + "\n" + compiler + "\n" + text;
        return HexFormat.of().formatHex(sha256(all.getBytes(StandardCharsets.UTF_8)));
    }

    /** A checksum of 32 bytes. */
    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java has SHA-256", impossible);
        }
    }

    /** The text of a resource; a line that includes another becomes that one's text. */
    private static String expanded(String name) {
        return read(name)
                .lines()
                .map(line -> line.startsWith(INCLUDE)
                        ? expanded(line.substring(INCLUDE.length(), line.lastIndexOf('"')))
                        : line)
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static String read(String name) {
        try (InputStream stream = KernelSource.class.getResourceAsStream("kernels/" + name)) {
            if (stream == null) {
                throw new IllegalStateException("cuda: the jar lacks kernels/" + name);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cuda: cannot read kernels/" + name + " of the jar", e);
        }
    }
}
