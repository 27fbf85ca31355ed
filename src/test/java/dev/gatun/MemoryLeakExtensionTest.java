package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;

@ExtendWith(MemoryLeakExtension.class)
class MemoryLeakExtensionTest {
    private static final Path CLASSES = Path.of("target", "test-classes");
    private static final Pattern TENSORS = Pattern.compile("dev/gatun/(Device|Scope|Tape|Tensor)\\b");

    @Test
    void aLeakIsReportedOnce() {
        Device cpu = Device.cpu();
        try (Scope _ = Scope.open()) {
            Tensor leaked = Tensor.zeros(cpu, 100);
            AssertionError error = assertThrows(AssertionError.class, () -> MemoryLeakExtension.check(cpu, false));
            assertTrue(error.getMessage().matches("(?s)\\d+ bytes are in use after the test\n.*"), error.getMessage());
            assertDoesNotThrow(() -> MemoryLeakExtension.check(cpu, false));
            Tensor more = Tensor.zeros(cpu, 1);
            assertDoesNotThrow(() -> MemoryLeakExtension.check(cpu, true), "a failed test is not blamed again");
            assertFalse(leaked.isClosed() || more.isClosed());
        }
        MemoryLeakExtension.check(cpu, false);
    }

    /** A test class that has to do with tensors and does not ask for the check would leak unseen. */
    @Test
    void everyTestOfTensorsIsChecked() throws IOException {
        try (var files = Files.walk(CLASSES)) {
            List<Class<?>> ofTensors = files.filter(file -> file.toString().endsWith(".class"))
                    .filter(MemoryLeakExtensionTest::mentionsTensors)
                    .<Class<?>>map(MemoryLeakExtensionTest::load)
                    .filter(MemoryLeakExtensionTest::hasTests)
                    .toList();
            assertTrue(ofTensors.contains(MemoryLeakExtensionTest.class));
            List<String> unchecked = ofTensors.stream()
                    .filter(type -> !isChecked(type))
                    .map(Class::getName)
                    .sorted()
                    .toList();
            assertEquals(List.of(), unchecked, "lack @ExtendWith(MemoryLeakExtension.class)");
        }
    }

    private static boolean mentionsTensors(Path file) {
        try {
            return StreamSupport.stream(
                            ClassFile.of().parse(file).constantPool().spliterator(), false)
                    .anyMatch(entry -> entry instanceof Utf8Entry text
                            && TENSORS.matcher(text.stringValue()).find());
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Class<?> load(Path file) {
        String path = CLASSES.relativize(file).toString();
        String name = path.substring(0, path.length() - ".class".length())
                .replace(file.getFileSystem().getSeparator(), ".");
        try {
            return Class.forName(name, false, MemoryLeakExtensionTest.class.getClassLoader());
        } catch (ClassNotFoundException missing) {
            throw new AssertionError(missing);
        }
    }

    private static boolean hasTests(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .anyMatch(method -> AnnotationSupport.isAnnotated(method, Testable.class));
    }

    private static boolean isChecked(Class<?> type) {
        boolean own = AnnotationSupport.findRepeatableAnnotations(type, ExtendWith.class).stream()
                .flatMap(annotation -> Arrays.stream(annotation.value()))
                .anyMatch(MemoryLeakExtension.class::equals);
        Class<?> around = type.getEnclosingClass();
        return own || (around != null && isChecked(around));
    }
}
