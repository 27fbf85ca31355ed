/**
 * From what an application has, lists of sequences and tables of rows, to batches of tensors: {@link dev.gatun.data.Batches} decides
 * which examples come together, {@link dev.gatun.data.Padded} and {@link dev.gatun.data.Window} turn them into tensors,
 * {@link dev.gatun.data.Vocabulary} and {@link dev.gatun.data.Standardizer} into numbers.
 */
@NullMarked
package dev.gatun.data;

import org.jspecify.annotations.NullMarked;
