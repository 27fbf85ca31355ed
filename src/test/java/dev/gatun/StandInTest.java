package dev.gatun;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test, or a class of tests, that steers the host stand-in and means nothing on a GPU: it has the tag {@code standin}, and must break
 * no rule of NVIDIA's libraries.
 */
@Tag("standin")
@ExtendWith(BreachExtension.class)
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@SuppressWarnings("exports") // the package is exported for its main classes
public @interface StandInTest {}
