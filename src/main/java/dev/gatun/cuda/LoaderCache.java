package dev.gatun.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The libraries that the system's loader knows by name: what {@code ldconfig -p} prints. */
final class LoaderCache {
    private static final List<Path> LDCONFIG = List.of(Path.of("/sbin/ldconfig"), Path.of("/usr/sbin/ldconfig"));

    /** Such as {@code libcudart.so.13 (libc6,x86-64) => /usr/local/cuda/lib64/libcudart.so.13}. */
    private static final Pattern LINE = Pattern.compile("\\s*(lib(?:cu|nvrtc)\\S+) \\(([^)]*)\\) => (\\S+)");

    private LoaderCache() {}

    /** NVIDIA's libraries by file name; none where the system has no such tool. */
    static Map<String, Path> read() {
        return read(LDCONFIG);
    }

    /** What the first tool there is prints. */
    static Map<String, Path> read(List<Path> tools) {
        for (Path tool : tools) {
            if (Files.isExecutable(tool)) {
                return parse(run(tool));
            }
        }
        return Map.of();
    }

    /** The first file of each name that is of 64 bits. */
    static Map<String, Path> parse(String printed) {
        Map<String, Path> files = new LinkedHashMap<>();
        printed.lines().forEach(line -> {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches() && matcher.group(2).contains("64")) {
                files.putIfAbsent(matcher.group(1), Path.of(matcher.group(3)));
            }
        });
        return files;
    }

    private static String run(Path tool) {
        try {
            Process process = new ProcessBuilder(tool.toString(), "-p")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return printed;
        } catch (IOException e) {
            System.getLogger("dev.gatun.cuda").log(System.Logger.Level.DEBUG, "cannot run " + tool, e);
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
