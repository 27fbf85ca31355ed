/** JSON text. */
@NullMarked
package dev.gatun.json;

import org.jspecify.annotations.NullMarked;
