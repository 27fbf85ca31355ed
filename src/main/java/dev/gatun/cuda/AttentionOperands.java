package dev.gatun.cuda;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/**
 * What both passes of an attention read, with the shapes of {@link dev.gatun.backend.AttentionOps}.
 *
 * @param lengths the call's key lengths on the device, I32: for each sequence, then for each head of each sequence; null where
 *     they are not there
 */
record AttentionOperands(
        AttentionCall call,
        View q,
        View k,
        View v,
        @Nullable View mask,
        @Nullable View keyPadding,
        @Nullable View lengths) {
    /** This, with the lengths on the device. */
    AttentionOperands with(View onDevice) {
        return new AttentionOperands(call, q, k, v, mask, keyPadding, onDevice);
    }

    DType dtype() {
        return q.dtype();
    }

    int batch() {
        return q.size(0);
    }

    int heads() {
        return q.size(1);
    }

    int queries() {
        return q.size(2);
    }

    int keys() {
        return k.size(2);
    }

    /** [batch, heads, queries, keys]. */
    Shape scores() {
        return Shape.of(batch(), heads(), queries(), keys());
    }

    boolean isDropping() {
        return call.dropout() > 0 && call.stream() != null;
    }

    /** Queries of all heads of all sequences. */
    long rows() {
        return (long) batch() * heads() * queries();
    }
}
