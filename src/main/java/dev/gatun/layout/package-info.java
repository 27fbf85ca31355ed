/** How elements lie in memory: {@link dev.gatun.layout.Shape}, {@link dev.gatun.layout.DType} and strided {@link dev.gatun.layout.Layout}s. */
@NullMarked
package dev.gatun.layout;

import org.jspecify.annotations.NullMarked;
