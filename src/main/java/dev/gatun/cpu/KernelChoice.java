package dev.gatun.cpu;

import dev.gatun.cpu.kernel.Kernels;
import dev.gatun.cpu.kernel.ScalarKernels;
import dev.gatun.cpu.kernel.VectorKernels;
import dev.gatun.layout.DType;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which kernels compute, chosen once: property {@code gatun.cpu.kernels} = {@code auto} (the default), {@code scalar} or
 * {@code vector}; property {@code gatun.cpu.vector.bits} = 128, 256 or 512 overrides the machine's best size of vectors.
 *
 * @param f32 kernels for F32
 * @param f64 kernels for F64
 * @param reason why these
 */
public record KernelChoice(Kernels f32, Kernels f64, String reason) {
    /** The property that forces kernels. */
    public static final String KERNELS = "gatun.cpu.kernels";

    /** The property that forces a size of vectors. */
    public static final String VECTOR_BITS = "gatun.cpu.vector.bits";

    private static final String MODULE = "jdk.incubator.vector";
    private static final int NARROWEST = 128;
    private static final int WIDEST = 512;

    /** The scalar kernels. */
    public static KernelChoice scalar(String reason) {
        return new KernelChoice(ScalarKernels.of(DType.F32), ScalarKernels.of(DType.F64), reason);
    }

    /** The vector kernels, with the scalar ones for F64; an error where the Vector API is absent. */
    public static KernelChoice vector(int bits, String reason) {
        requireVectorModule();
        return new KernelChoice(VectorKernels.of(bits), ScalarKernels.of(DType.F64), reason);
    }

    /** What the system properties ask for; says in one line of the log what was chosen and why. */
    static KernelChoice fromProperties() {
        System.Logger log = System.getLogger("dev.gatun.cpu");
        KernelChoice choice = of(System.getProperty(KERNELS, "auto"), System.getProperty(VECTOR_BITS));
        boolean lacking = choice.isScalar() && !isVectorModulePresent();
        log.log(
                lacking ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG,
                "CPU kernels: {0}, because {1}",
                choice.f32().name(),
                choice.reason());
        return choice;
    }

    /** The choice for given values of the two properties. */
    static KernelChoice of(String kernels, @Nullable String bits) {
        return switch (kernels.toLowerCase(Locale.ROOT)) {
            case "scalar" -> scalar(KERNELS + "=scalar");
            case "vector" -> vector(bits(bits), KERNELS + "=vector");
            case "auto" -> best(bits);
            default ->
                throw new IllegalArgumentException(
                        KERNELS + ": expected auto, scalar or vector, was given '" + kernels + "'");
        };
    }

    private static KernelChoice best(@Nullable String bits) {
        if (!isVectorModulePresent()) {
            return scalar("module " + MODULE + " is not present: start Java with --add-modules " + MODULE
                    + " for many times the speed");
        }
        if (bits == null && VectorKernels.preferredBits() < NARROWEST) {
            return scalar("this machine has no vectors of " + NARROWEST + " bits");
        }
        String origin = bits == null ? "the machine prefers this size" : VECTOR_BITS + "=" + bits;
        return vector(bits(bits), "module " + MODULE + " is present and " + origin);
    }

    private static int bits(@Nullable String given) {
        requireVectorModule();
        return switch (given) {
            case null -> sized(VectorKernels.preferredBits());
            case "128", "256", "512" -> Integer.parseInt(given);
            default ->
                throw new IllegalArgumentException(
                        VECTOR_BITS + ": expected 128, 256 or 512, was given '" + given + "'");
        };
    }

    /** The size of vectors there are kernels for that is nearest to what a machine prefers: some have vectors of 2048 bits. */
    static int sized(int preferred) {
        return Math.clamp(Integer.highestOneBit(preferred), NARROWEST, WIDEST);
    }

    private static void requireVectorModule() {
        if (!isVectorModulePresent()) {
            throw new IllegalStateException(
                    KERNELS + "=vector: module " + MODULE + " is not present; start Java with --add-modules " + MODULE);
        }
    }

    private boolean isScalar() {
        return f32.name().equals(f64.name());
    }

    /** Whether the Vector API can be used in this JVM. */
    static boolean isVectorModulePresent() {
        return ModuleLayer.boot().findModule(MODULE).isPresent();
    }
}
