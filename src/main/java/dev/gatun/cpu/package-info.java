/**
 * The backend that needs nothing but a JDK. Each family of operations has one class here, which walks over views and splits work
 * over the {@link dev.gatun.cpu.WorkerPool}; the innermost loops are in {@code kernel} (scalar and vector twins) and {@code gemm}.
 */
@NullMarked
package dev.gatun.cpu;

import org.jspecify.annotations.NullMarked;
