package dev.gatun.io;

import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The header of an array in <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">NumPy's format</a>,
 * versions 1.0, 2.0 and 3.0: magic, version, length, and a Python dictionary.
 *
 * @param type the element type as NumPy writes it, such as {@code <f4}
 * @param dtype the element type, or null where Gatun has none for it
 * @param order the byte order of the elements
 * @param columnMajor whether the first axis varies fastest (Fortran's order)
 * @param shape the sizes of the axes
 * @param length the bytes before the elements
 */
record NpyHeader(String type, @Nullable DType dtype, ByteOrder order, boolean columnMajor, Shape shape, long length) {
    static final String SUPPORTED = "f8, f4, f2, i8, i4 and b1 in either byte order";

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final Set<String> KEYS = Set.of("descr", "fortran_order", "shape");

    /** Far above what the types that Gatun reads can need. */
    private static final long LONGEST = 1 << 20;

    /** Whether a file begins as this format does. */
    static boolean startsWithMagic(byte[] bytes) {
        return bytes.length >= MAGIC.length && Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** Reads a header and leaves the stream at the elements; {@code where} names the array within the file in messages. */
    static NpyHeader read(Path file, String where, InputStream in) throws IOException {
        return new Reader(file, where, in).read();
    }

    private record Reader(Path file, String where, InputStream in) {
        NpyHeader read() throws IOException {
            byte[] start = take(MAGIC.length + 2);
            if (!startsWithMagic(start)) {
                throw invalid("expected NumPy's magic bytes at the start");
            }
            int major = start[MAGIC.length];
            int minor = start[MAGIC.length + 1];
            if (major < 1 || major > 3 || minor != 0) {
                throw invalid("format version " + major + "." + minor + ", expected 1.0, 2.0 or 3.0");
            }
            int lengthBytes = major == 1 ? Short.BYTES : Integer.BYTES;
            long length = littleEndian(take(lengthBytes));
            if (length > LONGEST) {
                throw invalid("header length " + length + ", expected at most " + LONGEST);
            }
            Charset charset = major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
            long elementsFrom = start.length + lengthBytes + length;
            return parse(new String(take((int) length), charset), elementsFrom);
        }

        private NpyHeader parse(String text, long elementsFrom) {
            Object literal;
            try {
                literal = PythonLiteral.parse(text);
            } catch (ParseException e) {
                throw invalid("header, character " + e.getErrorOffset() + ": " + e.getMessage());
            }
            if (!(literal instanceof Map<?, ?> fields)
                    || !fields.keySet().equals(KEYS)
                    || !(fields.get("fortran_order") instanceof Boolean columnMajor)
                    || !(fields.get("shape") instanceof List<?> tuple)) {
                throw invalid("header " + text.strip()
                        + ", expected a dictionary of descr, fortran_order (True or False) and shape (a tuple)");
            }
            String type = String.valueOf(fields.get("descr"));
            return new NpyHeader(type, dtype(type), order(type), columnMajor, shape(tuple), elementsFrom);
        }

        private Shape shape(List<?> tuple) {
            List<Long> sizes = new ArrayList<>();
            for (Object size : tuple) {
                if (!(size instanceof Long number)) {
                    throw invalid("shape " + tuple + ", expected integers");
                }
                sizes.add(number);
            }
            DeclaredShape.problem(sizes).ifPresent(problem -> {
                throw invalid(problem);
            });
            return DeclaredShape.of(sizes);
        }

        private byte[] take(int count) throws IOException {
            byte[] bytes = in.readNBytes(count);
            if (bytes.length < count) {
                throw invalid("the header is cut short");
            }
            return bytes;
        }

        private MalformedFileException invalid(String problem) {
            return new MalformedFileException(file, where + problem);
        }
    }

    private static long littleEndian(byte[] bytes) {
        long value = 0;
        for (int i = bytes.length - 1; i >= 0; i--) {
            value = value << Byte.SIZE | (bytes[i] & 0xff);
        }
        return value;
    }

    private static @Nullable DType dtype(String type) {
        return switch (type.replaceFirst("^[<>|=]", "")) {
            case "f8" -> DType.F64;
            case "f4" -> DType.F32;
            case "f2" -> DType.F16;
            case "i8" -> DType.I64;
            case "i4" -> DType.I32;
            case "b1", "?" -> DType.BOOL;
            default -> null;
        };
    }

    private static ByteOrder order(String type) {
        return switch (type.isEmpty() ? '=' : type.charAt(0)) {
            case '<' -> ByteOrder.LITTLE_ENDIAN;
            case '>' -> ByteOrder.BIG_ENDIAN;
            default -> ByteOrder.nativeOrder();
        };
    }
}
