/** Recurrent cells over whole sequences: the walk over the steps, written once, and one file of equations per cell. One thread; callers split the batch. */
@NullMarked
package dev.gatun.cpu.recurrent;

import org.jspecify.annotations.NullMarked;
