/// The shortest tour: tensors, a layer, a model of one's own, a training loop, a file.
@NullMarked
package dev.gatun.example.quickstart;

import org.jspecify.annotations.NullMarked;
