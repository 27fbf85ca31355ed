/**
 * Tensors in files: {@link dev.gatun.io.SafeTensors} read and written, NumPy's arrays read by {@link dev.gatun.io.Npz}, and
 * {@link dev.gatun.io.AtomicFile}, through which every file is written.
 *
 * <p>A file that cannot be read or written is an {@link java.io.UncheckedIOException}; one that is read and found to be wrong is
 * the subtype {@link dev.gatun.io.MalformedFileException}.
 */
@NullMarked
package dev.gatun.io;

import org.jspecify.annotations.NullMarked;
