package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BackendProvider;
import dev.gatun.backend.DeviceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// [Device] in JVMs of their own, where a GPU's provider is installed that does not work.
@ExtendWith(MemoryLeakExtension.class)
class BrokenProviderTest {
    @TempDir
    private Path folder;

    /// Looks usable and is not.
    public static final class Unopenable implements BackendProvider {
        /// For the service loader.
        public Unopenable() {}

        @Override
        public String name() {
            return "broken";
        }

        @Override
        public int priority() {
            return 100;
        }

        @Override
        public Optional<String> unusable() {
            return Optional.empty();
        }

        @Override
        public int devices() {
            return 1;
        }

        @Override
        public Backend backend(int index) {
            throw new DeviceException("the driver has gone\nand took the GPU with it");
        }
    }

    /// Cannot even be made.
    public static final class Stillborn implements BackendProvider {
        /// For the service loader.
        public Stillborn() {
            throw new IllegalStateException("no luck");
        }

        @Override
        public String name() {
            return "stillborn";
        }

        @Override
        public int priority() {
            return 100;
        }

        @Override
        public Optional<String> unusable() {
            return Optional.empty();
        }

        @Override
        public int devices() {
            return 1;
        }

        @Override
        public Backend backend(int index) {
            throw new AssertionError("asked for a backend");
        }
    }

    /// What the other JVM runs.
    static final class Choice {
        private Choice() {}

        public static void main(String[] arguments) {
            Device best = Device.best();
            try (Scope _ = Scope.open()) {
                IO.println(best.name() + " " + Tensor.ones(best, 3).sum().item());
            }
            try {
                IO.println(Device.cuda(1000).description());
            } catch (DeviceException refused) {
                IO.println(refused.getMessage());
            }
        }
    }

    private OwnJvm with(Class<?> provider) throws IOException {
        Path services = Files.createDirectories(folder.resolve("META-INF", "services"));
        Files.writeString(services.resolve(BackendProvider.class.getName()), provider.getName() + "\n");
        return new OwnJvm().withoutGpu(folder).classes(folder);
    }

    private static List<String> choice(OwnJvm.Outcome outcome) {
        return outcome.errors()
                .lines()
                .filter(line -> line.contains("is used, because"))
                .toList();
    }

    @Test
    void aDeviceThatCannotBeOpenedLeavesTheCpuAndOneLine() throws IOException {
        OwnJvm.Outcome outcome = with(Unopenable.class).run(Choice.class);
        assertTrue(outcome.output().startsWith("cpu 3.0\n"), outcome.toString());
        List<String> lines = choice(outcome);
        assertEquals(1, lines.size(), outcome.errors());
        assertTrue(
                lines.getFirst().contains("device cpu is used, because broken failed: the driver has gone"),
                lines.getFirst());
    }

    @Test
    void aProviderThatCannotBeMadeLeavesTheCpuAndOneLine() throws IOException {
        OwnJvm.Outcome outcome = with(Stillborn.class).run(Choice.class);
        assertTrue(outcome.output().startsWith("cpu 3.0\n"), outcome.toString());
        List<String> lines = choice(outcome);
        assertEquals(1, lines.size(), outcome.errors());
        assertTrue(lines.getFirst().contains("IllegalStateException: no luck"), lines.getFirst());
    }

    @Test
    void aGpuThatIsNotThereIsRefused() {
        OwnJvm.Outcome outcome = new OwnJvm().withoutGpu(folder).run(Choice.class);
        assertEquals(0, outcome.status(), outcome.errors());
        assertTrue(outcome.output().lines().toList().get(1).startsWith("device: "), outcome.output());
        assertTrue(outcome.output().contains("cuda"), outcome.output());
    }
}
