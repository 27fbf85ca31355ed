package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// On the class path Surefire would run everything with scalar kernels and never say so.
@ExtendWith(MemoryLeakExtension.class)
class ModuleTest {
    private final Module module = ModuleTest.class.getModule();

    @Test
    void testsRunInTheModuleOfTheLibrary() {
        assertEquals("dev.gatun", module.getName());
        assertTrue(module.isNativeAccessEnabled());
    }

    @Test
    void vectorModuleIsReadable() {
        Module vector = ModuleLayer.boot().findModule("jdk.incubator.vector").orElseThrow();
        assertTrue(module.canRead(vector));
    }

    @Test
    void vectorKernelsAreChosen() {
        assertTrue(Device.cpu().description().contains("vector-"), Device.cpu().description());
    }
}
