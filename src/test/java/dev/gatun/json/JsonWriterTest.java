package dev.gatun.json;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class JsonWriterTest {
    @Test
    void valuesArePutTogetherInTheirOrder() {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("b", JsonWriter.array(List.of("true", JsonWriter.string("x"))));
        members.put("a \"quoted\"", JsonWriter.integers(LongStream.of(1, -2)));
        members.put("none", JsonWriter.array(List.of()));
        assertEquals("{\"b\":[true,\"x\"],\"a \\\"quoted\\\"\":[1,-2],\"none\":[]}", JsonWriter.object(members));
    }

    @Test
    void whatMustBeEscapedIs() {
        assertEquals("\"a\\u000a\\\\\\\"é\"", JsonWriter.string("a\n\\\"é"));
    }
}
