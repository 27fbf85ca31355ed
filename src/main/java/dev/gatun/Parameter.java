package dev.gatun;

import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.ShapeException;
import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that is learned: it belongs to a module, not to a scope, and every tape watches it unless it is frozen. It lives until
 * it is closed; one that becomes unreachable without that is released by a cleaner, which says so in the log.
 *
 * <p>A packed parameter holds several named ones ({@link #part}) in one storage; their gradients are parts of its gradient.
 */
public final class Parameter extends Tensor {
    private static final System.Logger LOG = System.getLogger("dev.gatun");
    private static final Cleaner CLEANER = Cleaner.create();

    private static final class Holder implements Runnable {
        final Storage storage;
        final String description;
        final AllocationSites.@Nullable Site site;
        boolean closed;

        Holder(Storage storage, String description, AllocationSites.@Nullable Site site) {
            this.storage = storage;
            this.description = description;
            this.site = site;
        }

        @Override
        public void run() {
            if (!closed) {
                LOG.log(
                        Level.WARNING,
                        "parameter {0} became unreachable without being closed; close its module",
                        description);
            }
            AllocationSites.gone(site);
            storage.release();
        }
    }

    private final @Nullable Parameter whole;
    private final Holder holder;
    private final Cleaner.Cleanable cleanable;
    private volatile boolean frozen;

    private Parameter(Device device, View view, @Nullable Parameter whole) {
        super(device, view);
        this.whole = whole;
        this.holder = new Holder(view.storage(), view.dtype() + " " + view.shape(), site());
        this.holder.closed = whole != null;
        this.cleanable = CLEANER.register(this, holder);
    }

    /** A parameter with the values of a tensor, which are copied. */
    public static Parameter of(Tensor initial) {
        View source = initial.hold();
        try {
            View view = HostArrays.allocate(initial.device(), source.dtype(), source.shape());
            try {
                initial.device().backend().memory().copy(source, view);
                return new Parameter(initial.device(), view, null);
            } catch (Throwable thrown) {
                view.storage().release();
                throw thrown;
            }
        } finally {
            source.storage().release();
        }
    }

    /** A named piece of this packed parameter: the same storage, seen through {@code layout}. */
    public Parameter part(Layout layout) {
        View part = view().with(layout);
        part.storage().retain();
        return new Parameter(device(), part, this);
    }

    /** The packed parameter that this is a part of, or null. */
    public @Nullable Parameter whole() {
        return whole;
    }

    /** Whether tapes leave this parameter, and every part of it, alone. */
    public boolean isFrozen() {
        return frozen || (whole != null && whole.isFrozen());
    }

    /**
     * Excludes this parameter from training, or takes it back. Taking back a part takes back the packed parameter too, and with it
     * those other parts that were not excluded one by one.
     */
    public void freeze(boolean exclude) {
        frozen = exclude;
        if (!exclude && whole != null) {
            whole.freeze(false);
        }
    }

    /** Overwrites the values with those of a tensor of the same shape, converted to this type. */
    public void assign(Tensor values) {
        if (!values.shape().equals(shape())) {
            throw new ShapeException("assign", "expected " + shape() + ", was given " + values.shape());
        }
        View target = hold();
        try (Scope _ = Scope.open()) {
            View source = (values.device() == device() ? values : values.to(device())).hold();
            try {
                device().backend().memory().copy(source, target);
            } finally {
                source.storage().release();
            }
        } finally {
            target.storage().release();
        }
    }

    @Override
    void free() {
        holder.closed = true;
        cleanable.clean();
    }
}
