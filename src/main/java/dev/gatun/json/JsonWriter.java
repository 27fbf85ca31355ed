package dev.gatun.json;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** JSON text (RFC 8259), put together from values that are JSON already. */
public final class JsonWriter {
    private JsonWriter() {}

    /** An object of values that are JSON already, in the map's order. */
    public static String object(Map<String, String> members) {
        return members.entrySet().stream()
                .map(member -> string(member.getKey()) + ":" + member.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }

    /** An array of values that are JSON already. */
    public static String array(List<String> values) {
        return "[" + String.join(",", values) + "]";
    }

    /** An array of integers. */
    public static String integers(LongStream values) {
        return values.mapToObj(Long::toString).collect(Collectors.joining(",", "[", "]"));
    }

    /** A string, with nothing escaped but what must be. */
    public static String string(String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException("json: half of a surrogate pair in '" + text + "'");
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x20) {
                quoted.append("\\u%04x".formatted((int) c));
            } else {
                quoted.append(c == '"' || c == '\\' ? "\\" : "").append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
