package dev.gatun.io;

import dev.gatun.Tensor;
import dev.gatun.json.JsonWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Writes a safetensors file. The header names the tensors in the map's order; the data lie by falling element size, so that every
 * tensor is aligned to its elements, without which PyTorch cannot view it.
 */
final class SafeTensorsWriter {
    private static final int ALIGNMENT = 8;
    private static final long CHUNK = 1 << 26;

    private final Map<String, Tensor> tensors;
    private final List<String> dataOrder;
    private final byte[] header;

    SafeTensorsWriter(Map<String, ? extends Tensor> tensors, Map<String, String> metadata) {
        this.tensors = new LinkedHashMap<>(tensors);
        if (this.tensors.containsKey(SafeTensorsHeader.METADATA)) {
            throw new IllegalArgumentException(
                    "safetensors: no tensor can be named " + SafeTensorsHeader.METADATA + ", which names the metadata");
        }
        Comparator<String> byElementSize =
                Comparator.comparingInt(name -> tensor(name).dtype().byteSize());
        this.dataOrder =
                this.tensors.keySet().stream().sorted(byElementSize.reversed()).toList();
        this.header = padded(header(metadata));
    }

    void writeTo(FileChannel file) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        write(file, length.putLong(header.length).flip());
        write(file, ByteBuffer.wrap(header));
        long largest = dataOrder.stream().mapToLong(this::byteSize).max().orElse(0);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment buffer = arena.allocate(largest, ALIGNMENT);
            for (String name : dataOrder) {
                MemorySegment bytes = buffer.asSlice(0, byteSize(name));
                Elements.fromTensor(tensor(name), bytes, ByteOrder.LITTLE_ENDIAN);
                for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
                    write(
                            file,
                            bytes.asSlice(at, Math.min(CHUNK, bytes.byteSize() - at))
                                    .asByteBuffer());
                }
            }
        }
    }

    private static void write(FileChannel file, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    private String header(Map<String, String> metadata) {
        Map<String, Long> begins = new HashMap<>();
        long end = 0;
        for (String name : dataOrder) {
            begins.put(name, end);
            end = Math.addExact(end, byteSize(name));
        }
        Map<String, String> members = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            Map<String, String> quoted = new LinkedHashMap<>();
            metadata.forEach((key, value) -> quoted.put(key, JsonWriter.string(value)));
            members.put(SafeTensorsHeader.METADATA, JsonWriter.object(quoted));
        }
        for (String name : tensors.keySet()) {
            members.put(name, describe(name, begins.get(name)));
        }
        return JsonWriter.object(members);
    }

    private String describe(String name, long begin) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("dtype", JsonWriter.string(tensor(name).dtype().name()));
        fields.put(
                "shape",
                JsonWriter.integers(
                        Arrays.stream(tensor(name).shape().toArray()).asLongStream()));
        fields.put("data_offsets", JsonWriter.integers(LongStream.of(begin, begin + byteSize(name))));
        return JsonWriter.object(fields);
    }

    private static byte[] padded(String header) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        int length = Math.ceilDiv(json.length, ALIGNMENT) * ALIGNMENT;
        if (length > SafeTensorsHeader.LONGEST) {
            throw new IllegalArgumentException("safetensors: names and metadata take " + length
                    + " bytes, the format allows " + SafeTensorsHeader.LONGEST);
        }
        byte[] padded = Arrays.copyOf(json, length);
        Arrays.fill(padded, json.length, length, (byte) ' ');
        return padded;
    }

    private Tensor tensor(String name) {
        return tensors.get(name);
    }

    private long byteSize(String name) {
        return tensor(name).shape().elements() * tensor(name).dtype().byteSize();
    }
}
