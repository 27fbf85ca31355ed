package dev.gatun;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lifetime of tensors. Scopes nest per thread; the innermost one owns what is made, and closing it releases that at once.
 *
 * <pre>{@code
 * try (var scope = Scope.open()) {
 *     Tensor y = model.forward(x);       // released when the block ends
 * }
 * }</pre>
 *
 * <p>A scope belongs to the thread that opened it. Closing twice is harmless; closing while an inner scope is open is an error.
 */
public sealed class Scope implements AutoCloseable permits Tape {
    private static final ThreadLocal<@Nullable Scope> CURRENT = new ThreadLocal<>();

    private final Thread thread = Thread.currentThread();
    private final @Nullable Scope outer;
    private final List<Tensor> owned = new ArrayList<>();
    private boolean closed;

    Scope() {
        outer = CURRENT.get();
        CURRENT.set(this);
    }

    /** Opens a scope inside the current one. */
    public static Scope open() {
        return new Scope();
    }

    /** The innermost open scope of this thread, or an error that says what to write. */
    static Scope current() {
        Scope scope = CURRENT.get();
        if (scope == null) {
            throw new IllegalStateException(
                    "no scope is open on this thread, so nothing would release a new tensor; write try (var scope ="
                            + " Scope.open()) { … }, or try (var tape = Tape.record()) { … } to train");
        }
        return scope;
    }

    static @Nullable Scope currentOrNull() {
        return CURRENT.get();
    }

    @Nullable
    Scope outer() {
        return outer;
    }

    /**
     * Makes the tensors of a group, made in this scope or in one inside it, outlive this scope: the enclosing one owns them from now
     * on. Nothing is copied.
     */
    public <T extends TensorGroup> T keep(T group) {
        checkUsable("keep");
        if (outer == null) {
            throw new IllegalStateException("keep: this scope is the outermost, nothing outside could own the tensor;"
                    + " open a scope around it");
        }
        for (Tensor tensor : group.tensors()) {
            Scope owner = tensor.owner();
            if (owner != null && isAround(owner)) {
                owner.forget(tensor);
                outer.adopt(tensor);
            }
        }
        return group;
    }

    /**
     * For loops that carry a state from one step's scope to the next: keeps {@code next} and closes {@code previous}, unless both
     * share a tensor. Memory stays flat over any number of steps.
     */
    public <T extends TensorGroup> T replace(@Nullable T previous, T next) {
        keep(next);
        if (previous != null) {
            List<Tensor> kept = next.tensors();
            for (Tensor tensor : previous.tensors()) {
                if (!kept.contains(tensor) && !(tensor instanceof Parameter)) {
                    tensor.close();
                }
            }
        }
        return next;
    }

    final void adopt(Tensor tensor) {
        checkUsable("scope");
        tensor.own(this, owned.size());
        owned.add(tensor);
    }

    /** Takes a tensor off the list; the last one fills its place. */
    final void forget(Tensor tensor) {
        checkThread("scope");
        int index = tensor.ownerIndex();
        Tensor last = owned.removeLast();
        if (index < owned.size()) {
            owned.set(index, last);
            last.own(this, index);
        }
        tensor.own(null, -1);
    }

    final void checkUsable(String operation) {
        checkThread(operation);
        if (closed) {
            throw new IllegalStateException(operation + ": the scope is closed");
        }
    }

    /** Whether a scope is this one or one opened inside it that is still open. */
    private boolean isAround(Scope inner) {
        for (Scope scope = CURRENT.get(); scope != outer && scope != null; scope = scope.outer) {
            if (scope == inner) {
                return true;
            }
        }
        return false;
    }

    final void checkThread(String operation) {
        if (!Thread.currentThread().equals(thread)) {
            throw new IllegalStateException(operation + ": the scope belongs to thread " + thread.getName()
                    + ", this is " + Thread.currentThread().getName() + "; open a scope on every thread");
        }
    }

    /** Releases every tensor that this scope owns, also where one refuses; the first refusal is thrown when all were tried. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        checkThread("close");
        if (CURRENT.get() != this) {
            throw new IllegalStateException(
                    "close: a scope opened inside this one is still open; close the inner one first");
        }
        closed = true;
        if (outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outer);
        }
        RuntimeException refusal = null;
        while (!owned.isEmpty()) {
            Tensor tensor = owned.removeLast();
            tensor.own(null, -1);
            try {
                tensor.close();
            } catch (RuntimeException thrown) {
                refusal = refusal == null ? thrown : refusal;
            }
        }
        if (refusal != null) {
            throw refusal;
        }
    }

    final boolean isClosed() {
        return closed;
    }
}
