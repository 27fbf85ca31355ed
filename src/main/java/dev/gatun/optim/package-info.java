/**
 * Optimisers and learning rate schedules: {@link dev.gatun.optim.SGD}, {@link dev.gatun.optim.RMSProp},
 * {@link dev.gatun.optim.Adam} and {@link dev.gatun.optim.AdamW} with PyTorch's equations and defaults, and
 * {@link dev.gatun.optim.Schedule}.
 */
@NullMarked
package dev.gatun.optim;

import org.jspecify.annotations.NullMarked;
