/** What can be run from the command line: {@code java -jar gatun.jar doctor}. */
@NullMarked
package dev.gatun.tool;

import org.jspecify.annotations.NullMarked;
