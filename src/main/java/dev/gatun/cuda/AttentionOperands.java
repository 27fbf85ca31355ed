package dev.gatun.cuda;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** What both passes of an attention read, with the shapes of {@link dev.gatun.backend.AttentionOps}. */
record AttentionOperands(
        AttentionCall call,
        View q,
        View k,
        View v,
        @Nullable View mask,
        @Nullable View keyPadding) {
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

    /** Queries of all heads of all sequences. */
    long rows() {
        return (long) batch() * heads() * queries();
    }
}
