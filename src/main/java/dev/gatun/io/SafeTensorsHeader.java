package dev.gatun.io;

import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file: 8 bytes of length, then JSON, then the data that the JSON divides among the tensors. What this
 * class hands out was checked as a whole: every tensor lies within the data, and together they cover it, once.
 *
 * @param tensors by name, in the header's order
 * @param metadata the free text of the file
 * @param dataStart the byte of the file at which the data begin
 */
record SafeTensorsHeader(SequencedMap<String, Item> tensors, SequencedMap<String, String> metadata, long dataStart) {
    static final String METADATA = "__metadata__";

    /** The limit of the format's reference implementation. */
    static final long LONGEST = 100_000_000;

    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Bits of an element, of every type that the format knows. */
    private static final Map<String, Integer> BITS = Map.ofEntries(
            Map.entry("F64", 64),
            Map.entry("I64", 64),
            Map.entry("U64", 64),
            Map.entry("C64", 64),
            Map.entry("F32", 32),
            Map.entry("I32", 32),
            Map.entry("U32", 32),
            Map.entry("F16", 16),
            Map.entry("BF16", 16),
            Map.entry("I16", 16),
            Map.entry("U16", 16),
            Map.entry("F8_E4M3", 8),
            Map.entry("F8_E5M2", 8),
            Map.entry("F8_E8M0", 8),
            Map.entry("F8_E4M3FNUZ", 8),
            Map.entry("F8_E5M2FNUZ", 8),
            Map.entry("I8", 8),
            Map.entry("U8", 8),
            Map.entry("BOOL", 8),
            Map.entry("F6_E2M3", 6),
            Map.entry("F6_E3M2", 6),
            Map.entry("F4", 4));

    /** A tensor and the place of its bytes, counted from the start of the data. */
    record Item(TensorEntry entry, long begin) {
        long end() {
            return begin + entry.byteSize();
        }
    }

    /** Reads and checks the header of a file whose bytes are given whole. */
    static SafeTensorsHeader parse(Path file, MemorySegment bytes) {
        long size = bytes.byteSize();
        if (size < Long.BYTES) {
            throw new MalformedFileException(
                    file, "expected 8 bytes of header length, the file has " + size + " bytes");
        }
        long length = bytes.get(LENGTH, 0);
        if (length < 0 || length > LONGEST) {
            throw new MalformedFileException(
                    file, "header length " + Long.toUnsignedString(length) + " at byte 0, expected at most " + LONGEST);
        }
        if (length > size - Long.BYTES) {
            throw new MalformedFileException(
                    file, "header length " + length + " at byte 0, but only " + (size - Long.BYTES) + " bytes follow");
        }
        byte[] json = bytes.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
        if (length == 0 || json[0] != '{') {
            throw new MalformedFileException(file, "header, byte 8: expected '{'");
        }
        Parser parser = new Parser(new JsonReader(file, json, Long.BYTES));
        parser.parse();
        long dataStart = Long.BYTES + length;
        checkCoverage(file, parser.tensors.values(), size - dataStart);
        return new SafeTensorsHeader(
                Collections.unmodifiableSequencedMap(parser.tensors),
                Collections.unmodifiableSequencedMap(parser.metadata),
                dataStart);
    }

    private static void checkCoverage(Path file, Iterable<Item> items, long dataSize) {
        List<Item> ordered = new ArrayList<>();
        items.forEach(ordered::add);
        ordered.sort(Comparator.comparingLong(Item::begin).thenComparingLong(Item::end));
        long covered = 0;
        String before = "the start of the data";
        for (Item item : ordered) {
            String name = "tensor '" + item.entry.name() + "'";
            String range = " [" + item.begin + ", " + item.end() + "]";
            if (item.end() > dataSize) {
                throw new MalformedFileException(
                        file,
                        name + ": data_offsets" + range + " end past the data, which have " + dataSize + " bytes");
            }
            if (item.begin != covered) {
                String problem = item.begin < covered ? " overlap with " : " leave a hole after ";
                throw new MalformedFileException(
                        file, name + ": data_offsets" + range + problem + before + ", which ends at " + covered);
            }
            covered = item.end();
            before = name;
        }
        if (covered != dataSize) {
            throw new MalformedFileException(
                    file,
                    (dataSize - covered) + " trailing bytes: the data have " + dataSize + ", the tensors end at "
                            + covered);
        }
    }

    private static final class Parser {
        private final JsonReader json;
        private final SequencedMap<String, Item> tensors = new LinkedHashMap<>();
        private final SequencedMap<String, String> metadata = new LinkedHashMap<>();

        Parser(JsonReader json) {
            this.json = json;
        }

        void parse() {
            json.object(name -> {
                if (name.equals(METADATA)) {
                    json.object(key -> metadata.put(key, json.string()));
                } else {
                    tensors.put(name, new Fields(name).parse());
                }
            });
            json.end();
        }

        /** The three fields of one tensor. */
        private final class Fields {
            private final String name;
            private @Nullable String type;
            private @Nullable List<Long> shape;
            private @Nullable List<Long> offsets;

            Fields(String name) {
                this.name = name;
            }

            Item parse() {
                json.object(field -> {
                    switch (field) {
                        case "dtype" -> type = json.string();
                        case "shape" -> shape = integers();
                        case "data_offsets" -> offsets = integers();
                        default -> throw invalid("unknown field '" + field + "'");
                    }
                });
                if (type == null || shape == null || offsets == null) {
                    throw invalid("expected dtype, shape and data_offsets");
                }
                return item(type, shape, offsets);
            }

            private Item item(String type, List<Long> sizes, List<Long> offsets) {
                DeclaredShape.problem(sizes).ifPresent(problem -> {
                    throw invalid(problem);
                });
                Shape shape = DeclaredShape.of(sizes);
                if (offsets.size() != 2 || offsets.get(0) < 0 || offsets.get(1) < offsets.get(0)) {
                    throw invalid("data_offsets " + offsets + ", expected [begin, end] with 0 ≤ begin ≤ end");
                }
                long byteSize = offsets.get(1) - offsets.get(0);
                checkSize(type, shape, byteSize);
                return new Item(new TensorEntry(name, type, dtype(type), shape, byteSize), offsets.get(0));
            }

            private void checkSize(String type, Shape shape, long byteSize) {
                Integer bits = BITS.get(type);
                if (bits == null) {
                    return;
                }
                long whole = shape.elements() / Byte.SIZE * bits;
                long rest = shape.elements() % Byte.SIZE * bits;
                if (rest % Byte.SIZE != 0 || whole + rest / Byte.SIZE != byteSize) {
                    throw invalid("data_offsets hold " + byteSize + " bytes, but " + type + " " + shape + " takes "
                            + (whole + Math.ceilDiv(rest, Byte.SIZE)));
                }
            }

            private List<Long> integers() {
                List<Long> values = new ArrayList<>();
                json.array(() -> values.add(json.integer()));
                return values;
            }

            private MalformedFileException invalid(String problem) {
                return json.invalid("tensor '" + name + "': " + problem);
            }
        }
    }

    /** Gatun's types have the names that the format gives them. */
    private static @Nullable DType dtype(String type) {
        return Arrays.stream(DType.values())
                .filter(dtype -> dtype.name().equals(type))
                .findFirst()
                .orElse(null);
    }
}
