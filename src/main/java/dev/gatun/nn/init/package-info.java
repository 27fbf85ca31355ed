/** Where parameters start from: {@link dev.gatun.nn.init.Initializer}. */
@NullMarked
package dev.gatun.nn.init;

import org.jspecify.annotations.NullMarked;
