package dev.gatun;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Numbers of one type in a rectangular grid, on a device, outside the Java heap. A tensor is immutable; operations make new ones
 * in the innermost {@link Scope}, and views such as {@link #transpose} share their storage. Use after close is an
 * {@link IllegalStateException}.
 */
public sealed class Tensor implements TensorMath, TensorShaping, TensorGroup, AutoCloseable permits Parameter {
    private final Device device;
    private final View view;
    private final AllocationSites.@Nullable Site site;
    private @Nullable Scope owner;
    private int ownerIndex = -1;
    private @Nullable Tape tape;
    private int value = -1;
    private volatile boolean closed;
    private @Nullable Arena lending;
    private @Nullable MemorySegment lent;

    /** A handle that takes over one reference to the view's storage. */
    Tensor(Device device, View view) {
        this.device = device;
        this.view = view;
        this.site = AllocationSites.made(device, view);
    }

    static Tensor empty(Device device, DType dtype, Shape shape) {
        Scope scope = Scope.current();
        Tensor tensor = new Tensor(device, HostArrays.allocate(device, dtype, shape));
        scope.adopt(tensor);
        return tensor;
    }

    /** F32 elements, row-major, in the given shape; no sizes make a scalar of one element. */
    public static Tensor of(Device device, float[] elements, int... sizes) {
        return HostArrays.upload(device, MemorySegment.ofArray(elements), DType.F32, Shape.of(sizes));
    }

    /** F64 elements, row-major, in the given shape. */
    public static Tensor of(Device device, double[] elements, int... sizes) {
        return HostArrays.upload(device, MemorySegment.ofArray(elements), DType.F64, Shape.of(sizes));
    }

    /** I32 elements, row-major, in the given shape. */
    public static Tensor of(Device device, int[] elements, int... sizes) {
        return HostArrays.upload(device, MemorySegment.ofArray(elements), DType.I32, Shape.of(sizes));
    }

    /** I64 elements, row-major, in the given shape. */
    public static Tensor of(Device device, long[] elements, int... sizes) {
        return HostArrays.upload(device, MemorySegment.ofArray(elements), DType.I64, Shape.of(sizes));
    }

    /** BOOL elements, row-major, in the given shape. */
    public static Tensor of(Device device, boolean[] elements, int... sizes) {
        return HostArrays.upload(
                device, MemorySegment.ofArray(HostArrays.bytes(elements)), DType.BOOL, Shape.of(sizes));
    }

    /** A copy of the elements in a segment, row-major in native byte order, whose size must be that of the shape. */
    public static Tensor copyOf(Device device, MemorySegment elements, DType dtype, Shape shape) {
        return HostArrays.upload(device, elements, dtype, shape);
    }

    /** F32 zeros. */
    public static Tensor zeros(Device device, int... sizes) {
        return full(device, DType.F32, Shape.of(sizes), 0);
    }

    /** F32 ones. */
    public static Tensor ones(Device device, int... sizes) {
        return full(device, DType.F32, Shape.of(sizes), 1);
    }

    /** One value everywhere, converted to the type. */
    public static Tensor full(Device device, DType dtype, Shape shape, double value) {
        Tensor tensor = empty(device, dtype, shape);
        device.backend().memory().fill(tensor.view, value);
        return tensor;
    }

    /** I64 numbers from {@code from} (inclusive) to {@code to} (exclusive). */
    public static Tensor range(Device device, long from, long to) {
        long count = to - from;
        if (to < from || count < 0 || count > Integer.MAX_VALUE - 8) {
            throw new ShapeException(
                    "range", "from " + from + " to " + to + " is no number of elements, or too large a one");
        }
        long[] elements = new long[(int) count];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = from + i;
        }
        return of(device, elements, elements.length);
    }

    /** F32, uniform in [0, 1), from the global generator. */
    public static Tensor rand(Device device, int... sizes) {
        return uniform(device, Generator.global(), DType.F32, Shape.of(sizes), 0, 1);
    }

    /** F32, normal with mean 0 and deviation 1, from the global generator. */
    public static Tensor randn(Device device, int... sizes) {
        return normal(device, Generator.global(), DType.F32, Shape.of(sizes), 0, 1);
    }

    /** Uniform in [low, high); F32 or F64. */
    public static Tensor uniform(
            Device device, Generator generator, DType dtype, Shape shape, double low, double high) {
        demandComputable("uniform", dtype);
        Tensor tensor = empty(device, dtype, shape);
        device.backend().random().uniform(generator.draw(shape.elements()), low, high, tensor.view);
        return tensor;
    }

    /** Normally distributed; F32 or F64. */
    public static Tensor normal(
            Device device, Generator generator, DType dtype, Shape shape, double mean, double deviation) {
        demandComputable("normal", dtype);
        Tensor tensor = empty(device, dtype, shape);
        device.backend().random().normal(generator.draw(shape.elements()), mean, deviation, tensor.view);
        return tensor;
    }

    private static void demandComputable(String operation, DType dtype) {
        if (!dtype.isComputable()) {
            throw new ShapeException(
                    operation, "expected F32 or F64, was given " + dtype + "; convert the result with to(DType)");
        }
    }

    /** The sizes of the axes. */
    public Shape shape() {
        return view.shape();
    }

    /** The number of axes. */
    public int rank() {
        return view.rank();
    }

    /** The size of one axis; negative axes count from the end. */
    public int size(int axis) {
        return view.size(axis);
    }

    /** The elements' type. */
    public DType dtype() {
        return view.dtype();
    }

    /** Where the tensor lies. */
    public Device device() {
        return device;
    }

    /** The tensor as the service provider interface sees it; for code that calls a backend itself. */
    public View view() {
        if (closed) {
            throw new IllegalStateException("tensor " + dtype() + " " + shape()
                    + " was used after it was closed; keep(…) moves a tensor out of a scope that ends");
        }
        return view;
    }

    /** The view with one more reference to its storage, for the caller: what it shows stays while it is worked on. */
    View hold() {
        try {
            View live = view();
            live.storage().retain();
            return live;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** The only element as a number. */
    public double item() {
        if (shape().elements() != 1) {
            throw new ShapeException("item", "expected a single element, was given " + shape());
        }
        return HostArrays.doubles(this)[0];
    }

    /** The elements, row-major; F32, F16 or BF16. */
    public float[] toFloats() {
        return HostArrays.floats(this);
    }

    /** The elements, row-major, of any type. */
    public double[] toDoubles() {
        return HostArrays.doubles(this);
    }

    /** The elements, row-major; I32. */
    public int[] toInts() {
        return HostArrays.ints(this);
    }

    /** The elements, row-major; I64 or I32. */
    public long[] toLongs() {
        return HostArrays.longs(this);
    }

    /** The elements, row-major; BOOL. */
    public boolean[] toBooleans() {
        return HostArrays.booleans(this);
    }

    /** Copies the elements, row-major in native byte order, into a segment of just their size. */
    public void copyTo(MemorySegment target) {
        long expected = shape().elements() * dtype().byteSize();
        if (target.byteSize() != expected) {
            throw new ShapeException(
                    "copyTo",
                    dtype() + " " + shape() + " takes " + expected + " bytes, the target has " + target.byteSize());
        }
        HostArrays.download(this, dtype(), target);
    }

    /**
     * The elements where they lie, read-only, without a copy: for contiguous tensors in memory that the host can address. The
     * segment, the same at every call, is valid until the tensor is closed; access after that is an {@link
     * IllegalStateException}.
     */
    @SuppressWarnings("restricted") // narrows a segment of our own to the tensor's lifetime; bounds stay checked
    public synchronized MemorySegment segment() {
        View live = view();
        if (!live.isContiguous()) {
            throw new ShapeException("segment", shape() + " is not contiguous; call contiguous() first");
        }
        MemorySegment whole = device.backend()
                .memory()
                .hostSegment(live.storage())
                .orElseThrow(() -> new IllegalStateException(
                        "segment: the host cannot address memory of " + device + "; call copyTo"));
        if (lent == null) {
            lending = Arena.ofShared();
            long bytes = shape().elements() * dtype().byteSize();
            // The action refers to this tensor: while the segment is reachable, so is a parameter that lent it.
            lent = whole.asSlice(live.byteOffset(), bytes)
                    .reinterpret(lending, _ -> lent = null)
                    .asReadOnly();
        }
        return lent;
    }

    @Override
    public Tensor self() {
        return this;
    }

    @Override
    public List<Tensor> tensors() {
        return List.of(this);
    }

    /** The same elements as a tensor that no tape has seen: gradients stop here. */
    public Tensor detach() {
        Scope scope = Scope.current();
        Tensor tensor = new Tensor(device, hold());
        scope.adopt(tensor);
        return tensor;
    }

    /** The same elements on another device; this tensor itself when it is there already. */
    public Tensor to(Device target) {
        if (target == device) {
            return this;
        }
        if (Tape.currentTracks(this)) {
            throw new IllegalStateException(
                    "to: a recorded tensor cannot change its device; move inputs before they are watched");
        }
        Arena arena = Arena.ofShared();
        try (arena) {
            MemorySegment elements = arena.allocate(shape().elements() * dtype().byteSize(), 64);
            copyTo(elements);
            return copyOf(target, elements, dtype(), shape());
        }
    }

    /** Whether the tensor was closed. */
    public boolean isClosed() {
        return closed;
    }

    /**
     * Releases the tensor before its scope ends; closing twice is harmless.
     *
     * @throws IllegalStateException if another thread owns it, or a native call or a channel works on its {@link #segment} just now;
     *     it is not closed then
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (owner != null) {
            owner.checkThread("close");
        }
        synchronized (this) {
            if (closed) {
                return;
            }
            if (lending != null) {
                lending.close();
            }
            closed = true;
        }
        if (owner != null) {
            owner.forget(this);
        }
        free();
    }

    void free() {
        AllocationSites.gone(site);
        view.storage().release();
    }

    AllocationSites.@Nullable Site site() {
        return site;
    }

    @Nullable
    Scope owner() {
        return owner;
    }

    int ownerIndex() {
        return ownerIndex;
    }

    void own(@Nullable Scope scope, int index) {
        owner = scope;
        ownerIndex = index;
    }

    void record(Tape on, int index) {
        tape = on;
        value = index;
    }

    @Nullable
    Tape tape() {
        return tape;
    }

    int value() {
        return value;
    }

    /** Type, shape and elements as NumPy prints them; long axes are shortened. */
    @Override
    public String toString() {
        return closed ? dtype() + " " + shape() + " (closed)" : TensorFormat.format(this);
    }
}
