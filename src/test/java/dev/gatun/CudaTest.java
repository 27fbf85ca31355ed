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
 * A test, or a class of tests, that needs a GPU or the host stand-in for one: it has the tag {@code cuda}, and on the stand-in it must
 * break no rule of NVIDIA's libraries.
 */
@Tag("cuda")
@ExtendWith(BreachExtension.class)
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@SuppressWarnings("exports") // the package is exported for its main classes
public @interface CudaTest {}
