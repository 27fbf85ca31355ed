package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoaderCacheTest {
    @Test
    void nvidiasLibrariesOf64BitsAreTaken() {
        String printed = """
            312 libs found in cache `/etc/ld.so.cache'
            \tlibcudart.so.13 (libc6,x86-64) => /opt/first/libcudart.so.13
            \tlibcudart.so.13 (libc6,x86-64) => /opt/second/libcudart.so.13
            \tlibcublas.so.13 (libc6) => /usr/lib32/libcublas.so.13
            \tlibcublas.so.13 (libc6,AArch64) => /opt/arm64/libcublas.so.13
            \tlibcudnn.so.9 (libc6,x86-64, OS ABI: Linux 3.2.0) => /usr/lib/libcudnn.so.9
            \tlibnvrtc.so.13 (libc6,x86-64) => /opt/first/libnvrtc.so.13
            \tlibz.so.1 (libc6,x86-64) => /lib/libz.so.1
            a line that means nothing
            """;
        assertEquals(
                Map.of(
                        "libcudart.so.13", Path.of("/opt/first/libcudart.so.13"),
                        "libcudnn.so.9", Path.of("/usr/lib/libcudnn.so.9"),
                        "libnvrtc.so.13", Path.of("/opt/first/libnvrtc.so.13"),
                        "libcublas.so.13", Path.of("/opt/arm64/libcublas.so.13")),
                LoaderCache.parse(printed));
    }

    @Test
    void theFirstToolThatIsThereIsAsked(@TempDir Path folder) throws IOException {
        Path tool = Files.writeString(folder.resolve("ldconfig"), """
            #!/bin/sh
            echo "libcudart.so.13 (libc6,x86-64) => /asked/with$1"
            """);
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwx------"));
        assertEquals(
                Map.of("libcudart.so.13", Path.of("/asked/with-p")),
                LoaderCache.read(List.of(folder.resolve("absent"), tool)));
    }

    @Test
    void withoutAToolThatRunsNothingIsKnown(@TempDir Path folder) throws IOException {
        Path broken = Files.writeString(folder.resolve("ldconfig"), "#!/no/such/interpreter\n");
        Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rwx------"));
        assertEquals(Map.of(), LoaderCache.read(List.of()));
        assertEquals(Map.of(), LoaderCache.read(List.of(broken)));
    }

    @Test
    void nothingPrintedIsNothingFound() {
        assertEquals(Map.of(), LoaderCache.parse(""));
    }
}
