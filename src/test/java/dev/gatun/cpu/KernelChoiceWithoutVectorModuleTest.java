package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Runs in a JVM of its own, started without `--add-modules jdk.incubator.vector`.
class KernelChoiceWithoutVectorModuleTest {
    @Test
    void vectorModuleIsAbsent() {
        assertEquals(Optional.empty(), ModuleLayer.boot().findModule("jdk.incubator.vector"));
    }
}
