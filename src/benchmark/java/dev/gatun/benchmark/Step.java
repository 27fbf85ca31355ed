package dev.gatun.benchmark;

import dev.gatun.Tensor;
import java.util.Map;

/** A case made on a device, with inputs of its own. */
interface Step extends AutoCloseable {
    /** Runs a pass once; the memory of its results is free again. */
    void run(Pass pass);

    /**
     * What another library needs to do the same, and what came out, in the innermost scope: {@code parameter.NAME} and {@code input.NAME},
     * then {@code output.NAME}, and for training {@code upstream} and {@code gradient.NAME}. Before any run.
     */
    Map<String, Tensor> results();

    @Override
    void close();
}
