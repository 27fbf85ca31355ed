package dev.gatun.training;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.MemoryLeakExtension;
import dev.gatun.backend.MemoryUsage;
import dev.gatun.data.Batches;
import dev.gatun.optim.Adam;
import dev.gatun.optim.Optimizer;
import dev.gatun.training.Echo.Example;
import dev.gatun.training.Echo.Model;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Ten thousand steps take no more memory than fifty. */
@ExtendWith(MemoryLeakExtension.class)
class SteadyMemoryTest {
    private static final int STEPS = 10_000;
    private static final int WARM = 50;

    /** Sizes differ from batch to batch, as lengths do; an epoch has seen them all. */
    private static final Batches<Example> BATCHES = Batches.of(Echo.examples(160, 3), 8);

    @Test
    void trainingTakesNothingFromTheSystemAfterTheFirstSteps() {
        List<MemoryUsage> usages = new ArrayList<>(STEPS);
        long before = Echo.CPU.memory().inUse();
        try (Model model = new Model(1);
                Optimizer optimizer = new Adam(Adam.config(1e-3), model.parameters())) {
            Training.of(model, optimizer)
                    .epochs(STEPS / BATCHES.count())
                    .clipNorm(1)
                    .listeners(TrainingListener.afterStep(report -> usages.add(Echo.CPU.memory())))
                    .run(BATCHES, model::loss);
        }
        assertEquals(STEPS, usages.size());
        MemoryUsage warm = usages.get(WARM - 1);
        for (MemoryUsage usage : usages.subList(WARM, STEPS)) {
            assertEquals(warm.inUse(), usage.inUse(), "bytes in use");
            assertEquals(warm.systemAllocations(), usage.systemAllocations(), "allocations from the system");
        }
        assertEquals(before, Echo.CPU.memory().inUse());
    }
}
