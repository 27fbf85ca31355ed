/** The innermost loops over contiguous runs, each twice: plain scalar code, the oracle, beside its twin in the Vector API. */
@NullMarked
package dev.gatun.cpu.kernel;

import org.jspecify.annotations.NullMarked;
