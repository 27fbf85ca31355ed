/** NVIDIA GPUs as a backend, on cuDNN, cuBLAS and own kernels, called through {@code dev.gatun.cuda.binding}. */
@NullMarked
package dev.gatun.cuda;

import org.jspecify.annotations.NullMarked;
