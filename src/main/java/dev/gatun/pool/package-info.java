/** How backends reuse their memory. */
@NullMarked
package dev.gatun.pool;

import org.jspecify.annotations.NullMarked;
