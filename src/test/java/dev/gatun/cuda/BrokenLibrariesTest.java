package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.OwnJvm;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Text files under the names of libraries, in a JVM of its own: libraries are loaded once in a process.
class BrokenLibrariesTest {
    @TempDir
    private Path folder;

    /// What the other JVM runs.
    static final class Report {
        private Report() {}

        public static void main(String[] arguments) {
            CudaDevices devices = CudaDevices.find();
            IO.println(devices.count());
            IO.println(devices.problem());
        }
    }

    private OwnJvm.Outcome report(OwnJvm jvm) {
        new FakeMachine(folder).release(13, "broken");
        OwnJvm.Outcome outcome =
                jvm.flag("-Dgatun.cuda.path=" + folder.resolve("broken")).run(Report.class);
        assertEquals(0, outcome.status(), outcome.errors());
        return outcome;
    }

    @Test
    void eachFileThatIsNoLibraryIsSaid() {
        String report = report(new OwnJvm()).output();
        assertTrue(report.startsWith("0\nNVIDIA's libraries cannot be used: "), report);
        for (CudaLibrary library : CudaLibrary.values()) {
            Path file = folder.resolve("broken", library.fileName(13));
            assertTrue(report.contains(file + " (-Dgatun.cuda.path): cannot be loaded: "), report);
            assertTrue(report.contains("remove or replace " + file), report);
        }
        assertTrue(report.contains("file too short") || report.contains("invalid ELF header"), report);
    }

    @Test
    void nativeAccessThatIsDeniedIsSaid() {
        String report = report(new OwnJvm().denyingNativeAccess()).output();
        assertTrue(report.startsWith("0\nNVIDIA's libraries cannot be used: "), report);
        assertTrue(report.contains("Illegal native access from"), report);
        assertTrue(report.contains("\n  mend it with: start Java with --enable-native-access="), report);
    }
}
