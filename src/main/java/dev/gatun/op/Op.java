package dev.gatun.op;

import dev.gatun.backend.View;
import org.jspecify.annotations.Nullable;

/**
 * A primitive: a record of its settings. Ops are stateless; what a backward pass needs is saved in the {@link OpContext} of the one
 * application.
 */
public sealed interface Op
        permits AffineOp,
                ArgMaxOp,
                AttentionOp,
                BinaryOp,
                BroadcastOp,
                CastOp,
                ClampOp,
                CompareOp,
                ConcatOp,
                CrossEntropyOp,
                DropoutOp,
                GatherOp,
                LayerNormOp,
                LinearOp,
                LogSoftmaxOp,
                MatmulOp,
                PermuteOp,
                PointwiseLossOp,
                RecurrentOp,
                ReduceOp,
                ReshapeOp,
                SliceOp,
                SoftmaxOp,
                SplitOp,
                UnaryOp,
                WhereOp {
    /** How errors call it, such as {@code matmul}. */
    String name();

    /**
     * Checks the inputs, computes the outputs and, where {@link OpContext#recording()}, saves what the backward pass needs. Every
     * output carries one reference to its storage: new ones have it, views of an input come from {@link OpContext#share}.
     *
     * @param inputs one view an input; an optional input that is absent is null
     */
    View[] forward(OpContext context, @Nullable View[] inputs);

    /**
     * The gradients of the inputs; null for those that are not {@linkplain OpContext#wants wanted}. Each carries one reference, as
     * outputs do, and has its input's shape and type.
     *
     * @param upstream the gradient of each output, of its shape, with any strides; null where an output was not used, never all null
     */
    @Nullable
    View[] backward(OpContext context, @Nullable View[] upstream);
}
