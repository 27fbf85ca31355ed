package dev.gatun.io;

import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/**
 * What a file says about one of its tensors.
 *
 * @param name the name, exactly as in the file
 * @param type the element type in the file's own words, such as {@code F32} or {@code <f4}
 * @param dtype the element type, or null where Gatun has none for it: such a tensor is listed, and reading it is an error
 * @param shape the sizes of the axes
 * @param byteSize what the elements take in the file, uncompressed
 */
public record TensorEntry(
        String name, String type, @Nullable DType dtype, Shape shape, long byteSize) {}
