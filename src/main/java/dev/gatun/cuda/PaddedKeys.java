package dev.gatun.cuda;

import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;

/** Keys that are padding: cuDNN does not say what it makes of their gradients, which are zero. */
final class PaddedKeys {
    private final CudaRuntime runtime;

    PaddedKeys(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    /** Zeros in gradients [batch, heads, keys, size] where the key padding [batch, keys] is set. */
    void clear(View keyPadding, View... gradients) {
        Layout flat = keyPadding.layout();
        Shape shape = Shape.of(keyPadding.size(0), 1, keyPadding.size(1), 1);
        Layout layout = Layout.strided(shape, new long[] {flat.stride(0), 0, flat.stride(1), 0}, flat.offset());
        for (View gradient : gradients) {
            CudaWalk walk =
                    CudaWalk.of("attention", layout.broadcastTo("attention", gradient.shape()), gradient.layout());
            runtime.kernels()
                    .call("attention", gradient.dtype(), "attentionClear")
                    .walk(walk)
                    .pointer(keyPadding)
                    .pointer(gradient)
                    .overElements(walk.count());
        }
    }
}
