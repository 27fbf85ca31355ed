package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.StandInTest;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.backend.OutOfDeviceMemoryException;
import dev.gatun.optim.Adam;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What takes memory, and what happens where there is none. */
@StandInTest
@ExtendWith(MemoryLeakExtension.class)
class CudaMemoryTest {
    private static final long MIB = 1 << 20;
    private static final int FLOATS_OF_MIB = (1 << 20) / Float.BYTES;
    private static final int WARM = 3;
    private static final int STEPS = 10;
    private static final Pattern ALLOCATIONS =
            Pattern.compile("(cuda|cublas|cudnn|nvrtc).*(Malloc|Alloc|Create|Free|Destroy|Load|Unload|Register).*");

    /** The arguments of one run of a graph, listed on the host. */
    private static final Pattern VARIANT_PACK = Pattern.compile("cudnnBackend(Create|Destroy)Descriptor");

    private static final Pattern REFUSAL = Pattern.compile(
            "cuda:0: (?<asked>[0-9]+) bytes were asked for, (?<free>[0-9]+) of (?<total>[0-9]+) are free; open scopes"
                    + " and parameters of this process hold (?<held>[0-9]+), its pool [0-9]+; .*");

    private final StandIn standIn = StandIn.get();

    @AfterEach
    void giveTheDeviceItsMemoryBack() {
        standIn.memory(4096 * MIB);
    }

    @ParameterizedTest
    @EnumSource
    void aTrainingStepCallsNoAllocationFunctionAfterTheFirst(FaultRun.Kind kind) {
        try (FaultRun run = new FaultRun(kind);
                Adam adam = new Adam(Adam.config(1e-3), run.model().parameters())) {
            for (int step = 0; step < WARM + STEPS; step++) {
                if (step == WARM) {
                    standIn.reset();
                }
                try (Tape tape = Tape.record()) {
                    run.step(tape, adam);
                }
            }
            SortedMap<String, Long> calls = standIn.calls();
            assertTrue(calls.get("cudaLaunchKernel") >= STEPS, calls.toString());
            SortedMap<String, Long> allocations = new TreeMap<>(calls);
            allocations.keySet().removeIf(name -> !ALLOCATIONS.matcher(name).matches());
            allocations.keySet().removeIf(name -> VARIANT_PACK.matcher(name).matches());
            assertEquals(new TreeMap<>(), allocations);
        }
    }

    @Test
    void whatNobodyUsesIsReleasedBeforeMemoryIsRefused() {
        try (CudaBackend backend = new CudaBackend(0, 1)) {
            Device device = Device.of(backend);
            try (Scope _ = Scope.open()) {
                for (int i = 0; i < 8; i++) {
                    Tensor.zeros(device, 4 * FLOATS_OF_MIB);
                }
            }
            assertEquals(32 * MIB, backend.memory().usage().pooled());
            standIn.memory(standIn.memoryInUse() + MIB);
            try (Scope _ = Scope.open()) {
                Tensor large = Tensor.ones(device, 24 * FLOATS_OF_MIB);
                assertEquals(24.0 * FLOATS_OF_MIB, large.mean().item() * 24 * FLOATS_OF_MIB);
                assertEquals(0, backend.memory().usage().pooled() / (4 * MIB), "the pool was trimmed");
            }
        }
    }

    @Test
    void memoryThatIsNotThereIsRefusedWithWhatIsHeld() {
        try (CudaBackend backend = new CudaBackend(0, 1)) {
            Device device = Device.of(backend);
            try (Scope _ = Scope.open()) {
                Tensor.ones(device, 2).add(1);
                long total = standIn.memoryInUse() + 20 * MIB;
                standIn.memory(total);
                Tensor held = Tensor.ones(device, 16 * FLOATS_OF_MIB);
                String message = assertThrows(
                                OutOfDeviceMemoryException.class, () -> Tensor.zeros(device, 8 * FLOATS_OF_MIB))
                        .getMessage();
                long inUse = backend.memory().usage().inUse();
                Matcher said = REFUSAL.matcher(message);
                assertTrue(said.matches(), message);
                assertEquals(8 * MIB, Long.parseLong(said.group("asked")), message);
                assertEquals(4, Math.round(Long.parseLong(said.group("free")) / (double) MIB), message);
                assertEquals(total, Long.parseLong(said.group("total")), message);
                assertEquals(inUse, Long.parseLong(said.group("held")), message);
                held.close();
                assertArrayEquals(
                        new float[] {1, 1},
                        Tensor.ones(device, 8 * FLOATS_OF_MIB).slice(0, 0, 2).toFloats());
            }
        }
    }
}
