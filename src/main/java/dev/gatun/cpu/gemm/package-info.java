/** Matrix products: packing into panels, cache blocking, register tiles. One thread; callers split the work. */
@NullMarked
package dev.gatun.cpu.gemm;

import org.jspecify.annotations.NullMarked;
