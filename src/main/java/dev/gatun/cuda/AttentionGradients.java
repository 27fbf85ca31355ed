package dev.gatun.cuda;

import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import org.jspecify.annotations.Nullable;

/**
 * What the backward pass of an attention has beside the {@link AttentionOperands}: what its forward pass left, the gradients that come, and
 * where those that go are put.
 */
record AttentionGradients(
        View y, Storage reserve, View dy, @Nullable View dweights, View dq, View dk, View dv) {}
