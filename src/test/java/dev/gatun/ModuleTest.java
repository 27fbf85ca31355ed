package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.BackendProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
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

    /// On the class path the one list counts, on the module path the other.
    @Test
    void bothListsOfProvidersAreTheSame() throws IOException {
        String name = BackendProvider.class.getName();
        List<String> provided = module.getDescriptor().provides().stream()
                .filter(provides -> provides.service().equals(name))
                .flatMap(provides -> provides.providers().stream())
                .toList();
        try (InputStream services = module.getResourceAsStream("META-INF/services/" + name)) {
            assertEquals(
                    provided,
                    new String(services.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .toList());
        }
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
