package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Parameters and what belongs to them, handed to a kernel of {@code optimizer.cu} as many at a time as its arguments have room for. */
final class ParameterBatches {
    private static final String FAMILY = "optimizer";

    /** The struct {@code Parameters} of the kernels: its arrays, one after the other. */
    private static final int MOST_PARAMETERS = 64;

    private static final int MOST_ROLES = 5;
    private static final long POINTERS = (long) MOST_PARAMETERS * Long.BYTES;
    private static final long FIRST_BLOCKS = POINTERS + (long) MOST_ROLES * MOST_PARAMETERS * Long.BYTES;
    private static final long COUNT = FIRST_BLOCKS + (long) MOST_PARAMETERS * Integer.BYTES;
    private static final long BYTES = COUNT + 2L * Integer.BYTES;

    /** Elements of a block, and its threads. */
    private static final int CHUNK = 2048;

    private static final int THREADS = 256;

    private final CudaRuntime runtime;
    private final String kernel;
    private final List<List<View>> roles;

    /** Roles in the kernel's order, the parameters first; those that are not used are empty. */
    ParameterBatches(CudaRuntime runtime, String kernel, List<List<View>> roles) {
        this.runtime = runtime;
        this.kernel = kernel;
        this.roles = roles;
    }

    /** Queues the kernel for all parameters; the settings are given to each call. */
    void run(Consumer<KernelCall> settings) {
        List<View> parameters = roles.getFirst();
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            int[] chosen = IntStream.range(0, parameters.size())
                    .filter(i -> parameters.get(i).dtype() == dtype)
                    .filter(i -> parameters.get(i).elements() > 0)
                    .toArray();
            for (int from = 0; from < chosen.length; from += MOST_PARAMETERS) {
                int to = Math.min(from + MOST_PARAMETERS, chosen.length);
                queue(dtype, Arrays.copyOfRange(chosen, from, to), settings);
            }
        }
    }

    private void queue(DType dtype, int[] batch, Consumer<KernelCall> settings) {
        try (var _ = runtime.calls()) {
            KernelCall call = runtime.kernels().call(FAMILY, dtype, kernel);
            MemorySegment struct = call.struct(BYTES).fill((byte) 0);
            long blocks = 0;
            for (int i = 0; i < batch.length; i++) {
                put(struct, i, batch[i]);
                struct.set(JAVA_INT, FIRST_BLOCKS + (long) i * Integer.BYTES, Math.toIntExact(blocks));
                blocks += Math.ceilDiv(roles.getFirst().get(batch[i]).elements(), CHUNK);
            }
            struct.set(JAVA_INT, COUNT, batch.length);
            settings.accept(call);
            call.launch(blocks, 1, THREADS, 1);
        }
    }

    private void put(MemorySegment struct, int place, int index) {
        struct.setAtIndex(JAVA_LONG, place, roles.getFirst().get(index).elements());
        for (int role = 0; role < roles.size(); role++) {
            if (!roles.get(role).isEmpty()) {
                long at = POINTERS + ((long) role * MOST_PARAMETERS + place) * Long.BYTES;
                struct.set(ADDRESS, at, runtime.memory().pointer(roles.get(role).get(index)));
            }
        }
    }
}
