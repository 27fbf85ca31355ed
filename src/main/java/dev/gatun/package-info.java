/**
 * What every user meets first: {@link dev.gatun.Device}, {@link dev.gatun.Tensor}, the {@link dev.gatun.Scope} that bounds a
 * tensor's life, the {@link dev.gatun.Tape} that records for {@link dev.gatun.Gradients}, and {@link dev.gatun.Functional}, the
 * operations that the modules of {@code dev.gatun.nn} are made of.
 */
@NullMarked
package dev.gatun;

import org.jspecify.annotations.NullMarked;
