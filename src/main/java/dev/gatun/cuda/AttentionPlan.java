package dev.gatun.cuda;

import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import org.jspecify.annotations.Nullable;

/** A way to attend, ready for all calls of one {@link AttentionKey}. */
interface AttentionPlan extends AutoCloseable {
    /** Bytes that the forward pass keeps for the backward pass. */
    long reserveBytes(AttentionOperands on);

    /** As {@link dev.gatun.backend.AttentionOps#forward}. */
    void forward(AttentionOperands on, View y, @Nullable View weights, @Nullable Storage reserve);

    /** As {@link dev.gatun.backend.AttentionOps#backward}. */
    void backward(AttentionOperands on, AttentionGradients gradients);

    /** Ends what it holds of cuDNN and of the device. */
    @Override
    void close();
}
