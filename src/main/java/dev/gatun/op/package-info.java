/**
 * The primitives: one record each, which checks shapes, runs forward and runs backward. An op sees views and asks one backend; it
 * knows neither tensors nor tapes. Recurrent stacks and attention are one op each.
 */
@NullMarked
package dev.gatun.op;

import org.jspecify.annotations.NullMarked;
