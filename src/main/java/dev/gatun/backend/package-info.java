/**
 * The service provider interface: what a device must be able to do. A {@link dev.gatun.backend.Backend} is the sum of small
 * interfaces, one per family of operations; {@code dev.gatun.op} checks shapes and types before it calls them.
 *
 * <p>Rules that hold for every method unless its contract says otherwise: operands are views of storages of this backend, alive
 * for the whole call; outputs are written in full and never read before; an output overlaps an input only where both are the
 * same view and the method says that it works in place; F32 and F64 are both supported and never mixed in one call.
 */
@NullMarked
package dev.gatun.backend;

import org.jspecify.annotations.NullMarked;
