/** Whether two devices compute the same: {@link dev.gatun.parity.Parity} runs a module on both and compares outputs and gradients. */
@NullMarked
package dev.gatun.parity;

import org.jspecify.annotations.NullMarked;
