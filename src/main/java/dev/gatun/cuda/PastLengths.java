package dev.gatun.cuda;

import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.View;
import java.lang.foreign.MemorySegment;

/**
 * The places of a batch that no sequence reaches.
 *
 * @param call the batch
 * @param lengths the lengths on the device; NULL when all sequences have all steps
 */
record PastLengths(CudaRuntime runtime, RecurrentCall call, MemorySegment lengths) {
    static PastLengths of(CudaRuntime runtime, RecurrentCall call, Scratch scratch) {
        int[] each = call.lengths();
        if (each == null || each.length == 0) {
            return new PastLengths(runtime, call, MemorySegment.NULL);
        }
        CudaStorage storage = scratch.storage((long) each.length * Integer.BYTES);
        runtime.memory().write(MemorySegment.ofArray(each), storage, 0);
        return new PastLengths(runtime, call, runtime.memory().pointer(storage, 0));
    }

    /** Zeros there, in a contiguous view [batch, steps, features], or [steps, batch, features] when time-major. */
    void clear(View view, boolean timeMajor) {
        if (lengths.equals(MemorySegment.NULL) || view.elements() == 0) {
            return;
        }
        runtime.kernels()
                .call("cells", view.dtype(), "clearPastLengths")
                .int64(call.batch())
                .int64(call.steps())
                .int64(view.size(-1))
                .int32(timeMajor ? 1 : 0)
                .pointer(lengths)
                .pointer(view)
                .overThreads(view.elements());
    }
}
