package dev.gatun;

import dev.gatun.backend.Backend;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@link Tape#gradients} found: a gradient for each tensor asked for that the loss depends on. They live as long as the tape. */
public final class Gradients {
    private final Device device;
    private final List<Tensor> order;
    private final Map<Tensor, Tensor> gradients;

    Gradients(Device device, List<Tensor> order, Map<Tensor, Tensor> gradients) {
        this.device = device;
        this.order = Collections.unmodifiableList(order);
        this.gradients = gradients;
    }

    /** The gradient of the loss with respect to a tensor, of its shape. */
    public Tensor of(Tensor tensor) {
        return find(tensor)
                .orElseThrow(() -> new IllegalArgumentException("gradients: none for this " + tensor.dtype() + " "
                        + tensor.shape() + ": it was not asked for, or the loss does not depend on it"));
    }

    /** The gradient of a tensor, or nothing if it was not asked for or the loss does not depend on it. */
    public Optional<Tensor> find(Tensor tensor) {
        return Optional.ofNullable(gradients.get(tensor));
    }

    /** The tensors that have a gradient, in the order in which they were asked for. */
    public List<Tensor> tensors() {
        return order;
    }

    /** √Σ g² over all elements of all gradients. */
    public double norm() {
        double sum = 0;
        for (double norm : computeNorms()) {
            sum += norm * norm;
        }
        return Math.sqrt(sum);
    }

    /** √Σ g² of each gradient, by its tensor, in the order of {@link #tensors}; for monitoring. */
    public Map<Tensor, Double> norms() {
        double[] norms = computeNorms();
        Map<Tensor, Double> byTensor = new LinkedHashMap<>();
        for (int i = 0; i < norms.length; i++) {
            byTensor.put(order.get(i), norms[i]);
        }
        return byTensor;
    }

    /** All sums of squares are computed before the first is read back. */
    private double[] computeNorms() {
        demandComputable("norm");
        Backend backend = device.backend();
        View sums = HostArrays.allocate(backend, DType.F64, Shape.of(order.size()));
        try {
            for (int i = 0; i < order.size(); i++) {
                View gradient = gradients.get(order.get(i)).view();
                View sum = HostArrays.allocate(backend, gradient.dtype(), ones(gradient.rank()));
                try {
                    backend.reduction().reduce(Reduction.SUM_OF_SQUARES, gradient, sum);
                    backend.memory()
                            .copy(
                                    sum.with(Layout.contiguous(Shape.SCALAR)),
                                    sums.with(Layout.contiguous(Shape.SCALAR, i)));
                } finally {
                    sum.storage().release();
                }
            }
            double[] norms = new double[order.size()];
            backend.memory().read(sums.storage(), 0, MemorySegment.ofArray(norms));
            for (int i = 0; i < norms.length; i++) {
                norms[i] = Math.sqrt(norms[i]);
            }
            return norms;
        } finally {
            sums.storage().release();
        }
    }

    private static Shape ones(int rank) {
        int[] sizes = new int[rank];
        Arrays.fill(sizes, 1);
        return Shape.of(sizes);
    }

    /**
     * Scales all gradients by one factor so that their global norm is at most {@code maximum} (Pascanu et al. 2013).
     *
     * @return the norm before; where it is not finite the gradients are left as they are
     */
    public double clipNorm(double maximum) {
        if (!(maximum > 0)) {
            throw new IllegalArgumentException("clipNorm: the maximum must be positive, was given " + maximum);
        }
        double norm = norm();
        if (norm > maximum && norm < Double.POSITIVE_INFINITY) {
            scale(maximum / norm);
        }
        return norm;
    }

    /** Limits every element to [−maximum, maximum]. */
    public void clipValue(double maximum) {
        if (!(maximum > 0)) {
            throw new IllegalArgumentException("clipValue: the maximum must be positive, was given " + maximum);
        }
        demandComputable("clipValue");
        for (Tensor gradient : gradients.values()) {
            device.backend().elementwise().clamp(gradient.view(), -maximum, maximum, gradient.view());
        }
    }

    /** Multiplies every element. */
    public void scale(double factor) {
        demandComputable("scale");
        for (Tensor gradient : gradients.values()) {
            device.backend().elementwise().affine(gradient.view(), factor, 0, gradient.view());
        }
    }

    private void demandComputable(String operation) {
        for (Tensor gradient : gradients.values()) {
            if (!gradient.dtype().isComputable()) {
                throw new IllegalArgumentException("gradients: " + operation + " expects F32 or F64, found "
                        + gradient.dtype() + " " + gradient.shape()
                        + "; keep F32 parameters and convert them with to(DType) on the tape");
            }
        }
    }
}
