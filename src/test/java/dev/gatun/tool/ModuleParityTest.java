package dev.gatun.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.backend.Backend;
import dev.gatun.backend.RecurrentOps;
import dev.gatun.backend.View;
import dev.gatun.cpu.CpuBackend;
import dev.gatun.cpu.KernelChoice;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The scalar kernels against the vector ones, and against ones that are slightly wrong.
@ExtendWith(MemoryLeakExtension.class)
class ModuleParityTest {
    private static final CpuBackend SCALAR = CpuBackend.create(KernelChoice.scalar("test"), 2);

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    private boolean compare(Backend backend) {
        Device reference = Device.of(SCALAR);
        boolean agree = new ModuleParity(new PrintStream(output, true, StandardCharsets.UTF_8))
                .run(reference, Device.of(backend));
        assertEquals(0, reference.memory().inUse());
        assertEquals(0, backend.memory().usage().inUse());
        return agree;
    }

    private String text() {
        return output.toString(StandardCharsets.UTF_8);
    }

    @Test
    void scalarAndVectorKernelsAgree() {
        assertTrue(compare(CpuBackend.create(KernelChoice.vector(256, "test"), 2)), text());
        assertTrue(text().contains("\nTransformerEncoderLayer, causal, dropout "), text());
        assertTrue(text().endsWith("the devices agree: tolerated are 1e-05 and 1e-04\n"), text());
    }

    @Test
    void aBackendThatIsSlightlyWrongIsFoundOut() {
        CpuBackend right = CpuBackend.create(KernelChoice.scalar("test"), 2);
        assertFalse(compare(withRecurrent(right, tilted(right))), text());
        assertTrue(text().contains("\n  output sequence "), text());
        assertTrue(text().endsWith("the devices DIFFER: tolerated are 1e-05 and 1e-04\n"), text());
        assertTrue(
                text().lines()
                                .filter(line -> line.startsWith("MultiHeadAttention"))
                                .count()
                        == 1,
                text());
    }

    private static Backend withRecurrent(Backend backend, RecurrentOps recurrent) {
        return (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (_, method, arguments) ->
                        method.getName().equals("recurrent") ? recurrent : call(backend, method, arguments));
    }

    /// Every output of a forward pass is a thousandth too large.
    private static RecurrentOps tilted(Backend backend) {
        return (RecurrentOps) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {RecurrentOps.class}, (_, method, arguments) -> {
                    Object result = call(backend.recurrent(), method, arguments);
                    if (method.getName().equals("forward")) {
                        View y = (View) arguments[5];
                        backend.elementwise().affine(y, 1.001, 0, y);
                    }
                    return result;
                });
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }
}
