package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.Specialization;
import dev.gatun.cpu.gemm.VectorGemm;
import dev.gatun.layout.DType;
import java.lang.invoke.MethodHandles;
import java.util.Set;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The kernels of F32 in the Vector API. This class and its twins load only where module jdk.incubator.vector is present. */
public final class VectorKernels {
    private static final Set<Integer> SIZES = Set.of(128, 256, 512);

    private VectorKernels() {}

    /** The size of vectors that this machine does best, in bits. */
    public static int preferredBits() {
        return FloatVector.SPECIES_PREFERRED.vectorBitSize();
    }

    /** Kernels with vectors of 128, 256 or 512 bits. */
    public static Kernels of(int bits) {
        if (!SIZES.contains(bits)) {
            throw new IllegalArgumentException("cpu: vectors of " + bits + " bits; expected 128, 256 or 512");
        }
        VectorSpecies<Float> species = VectorSpecies.of(float.class, VectorShape.forBitSize(bits));
        ElementwiseKernels elementwise = new VectorElementwiseKernels(species);
        return new Kernels(
                DType.F32,
                "vector-" + species.vectorBitSize(),
                elementwise,
                specialized(VectorReductionKernels.class, ReductionKernels.class, species),
                specialized(VectorSoftmaxKernels.class, SoftmaxKernels.class, species),
                specialized(VectorNormalizationKernels.class, NormalizationKernels.class, species),
                new VectorCellKernels(
                        elementwise,
                        specialized(VectorCellArithmetic.class, CellArithmetic.class, species),
                        specialized(VectorCellGradients.class, CellGradients.class, species)),
                specialized(VectorAttentionKernels.class, AttentionKernels.class, species),
                specialized(VectorUpdateKernels.class, UpdateKernels.class, species),
                new VectorGemm(species));
    }

    private static <K> K specialized(Class<? extends K> template, Class<K> type, VectorSpecies<Float> species) {
        return Specialization.of(MethodHandles.lookup(), template, type, species);
    }
}
