package dev.gatun.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandles;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

class SpecializationTest {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    /** Answers what its copy was made for. */
    static final class Template implements IntSupplier {
        private static final Integer CONSTANT = Specialization.constant(MethodHandles.lookup(), Integer.class);

        Template() {}

        @Override
        public int getAsInt() {
            return CONSTANT;
        }
    }

    /** Has no constructor that a copy could be made by. */
    static final class Unmakeable implements IntSupplier {
        private final int value;

        Unmakeable(int value) {
            this.value = value;
        }

        @Override
        public int getAsInt() {
            return value;
        }
    }

    @Test
    void everyCopyHasItsOwnConstant() {
        IntSupplier three = Specialization.of(LOOKUP, Template.class, IntSupplier.class, 3);
        IntSupplier five = Specialization.of(LOOKUP, Template.class, IntSupplier.class, 5);
        assertEquals(3, three.getAsInt());
        assertEquals(5, five.getAsInt());
        assertNotSame(three.getClass(), five.getClass());
        assertTrue(three.getClass().isHidden());
    }

    @Test
    void aTemplateWithoutASuitableConstructorIsNamed() {
        var wrong = assertThrows(
                IllegalStateException.class, () -> Specialization.of(LOOKUP, Unmakeable.class, IntSupplier.class, 3));
        assertEquals("cannot specialise " + Unmakeable.class.getName(), wrong.getMessage());
    }
}
