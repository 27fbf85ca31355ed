package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.nn.LSTM;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Runs in a JVM of its own, started without `--add-modules jdk.incubator.vector`.
@ExtendWith(MemoryLeakExtension.class)
class KernelChoiceWithoutVectorModuleTest {
    @Test
    void vectorModuleIsAbsent() {
        assertEquals(Optional.empty(), ModuleLayer.boot().findModule("jdk.incubator.vector"));
    }

    @Test
    void scalarKernelsAreChosenAndWork() {
        String description = Device.cpu().description();
        assertTrue(description.contains("scalar kernels because module jdk.incubator.vector is not"), description);
        try (LSTM lstm = new LSTM(LSTM.config(3, 4), Device.cpu());
                Scope _ = Scope.open()) {
            Tensor y = lstm.forward(Tensor.ones(Device.cpu(), 2, 5, 3)).sequence();
            assertEquals(40, y.toFloats().length);
        }
    }

    @Test
    void demandingVectorsSaysWhichFlagIsMissing() {
        IllegalStateException refused =
                assertThrows(IllegalStateException.class, () -> KernelChoice.of("vector", null));
        assertTrue(refused.getMessage().contains("--add-modules jdk.incubator.vector"), refused.getMessage());
    }
}
