package dev.gatun;

import java.util.List;

/** One tensor or several that live and move together, such as a recurrent state. */
public interface TensorGroup {
    /** Every tensor of the group. */
    List<Tensor> tensors();
}
