/**
 * The training loop and what belongs to it: {@link dev.gatun.training.Training} runs epochs, {@link
 * dev.gatun.training.TrainingListener}s see every step and may stop it, {@link dev.gatun.training.Checkpoint} lets it go on another
 * day as if it had never stopped. Nothing here writes to the console.
 */
@NullMarked
package dev.gatun.training;

import org.jspecify.annotations.NullMarked;
