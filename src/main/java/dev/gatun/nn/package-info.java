/**
 * Neural network modules: parameters and configuration, named, shaped and initialised as in PyTorch, batch-first. What a module
 * computes stands in {@link dev.gatun.Functional}; state is passed in and returned, so that one model serves many threads.
 */
@NullMarked
package dev.gatun.nn;

import org.jspecify.annotations.NullMarked;
