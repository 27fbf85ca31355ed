package dev.gatun.io;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A strict JSON reader (RFC 8259) for headers: the caller asks for the value that must come next, and anything else is refused at its
 * byte. Keys are unique, text is valid UTF-8, numbers are exact integers. Nesting is what the caller asks for, so it has no depth.
 */
final class JsonReader {
    private static final int END = -1;

    private final Path file;
    private final byte[] json;
    private final long start;
    private int position;

    /** A reader of bytes found in {@code file} from byte {@code start} on. */
    JsonReader(Path file, byte[] json, long start) {
        this.file = file;
        this.json = json;
        this.start = start;
    }

    /** Reads an object; {@code member} is called with each key and reads the value. */
    void object(Consumer<String> member) {
        expect('{', "an object");
        Set<String> keys = new HashSet<>();
        if (accept('}')) {
            return;
        }
        do {
            int at = skipSpace();
            String key = string();
            if (!keys.add(key)) {
                throw error(at, "key '" + key + "' is there twice");
            }
            expect(':', "':'");
            member.accept(key);
        } while (accept(','));
        expect('}', "',' or '}'");
    }

    /** Reads an array; {@code element} is called to read each value. */
    void array(Runnable element) {
        expect('[', "an array");
        if (accept(']')) {
            return;
        }
        do {
            element.run();
        } while (accept(','));
        expect(']', "',' or ']'");
    }

    /** Reads a number, which must be an integer of 64 bits. */
    long integer() {
        int from = skipSpace();
        if (peek() == '-') {
            position++;
        }
        int digits = position;
        while (isDigit(peek())) {
            position++;
        }
        if (position == digits) {
            throw unexpected(from, "an integer");
        }
        boolean leadingZero = json[digits] == '0' && position > digits + 1;
        boolean fraction = peek() == '.' || peek() == 'e' || peek() == 'E';
        if (leadingZero || fraction) {
            throw error(from, "expected an integer, found '" + word(from) + "'");
        }
        try {
            return Long.parseLong(ascii(from, position));
        } catch (NumberFormatException e) {
            throw error(from, "integer " + word(from) + " does not fit 64 bits");
        }
    }

    /** Reads a string. */
    String string() {
        expect('"', "a string");
        int from = position;
        StringBuilder text = new StringBuilder();
        while (peek() != '"') {
            int next = peek();
            if (next == END) {
                throw error(from - 1, "string without an end");
            } else if (next < 0x20) {
                throw error(position, "control character " + describe(next) + " in a string");
            } else if (next == '\\') {
                position++;
                appendEscape(text);
            } else {
                appendPlain(text);
            }
        }
        position++;
        return text.toString();
    }

    /** Checks that only white space is left. */
    void end() {
        int at = skipSpace();
        if (at < json.length) {
            throw unexpected(at, "the end");
        }
    }

    /** What is wrong with the value that was read last. */
    MalformedFileException invalid(String problem) {
        return error(position, problem);
    }

    private void appendPlain(StringBuilder text) {
        int from = position;
        while (peek() != '"' && peek() != '\\' && (peek() >= 0x20)) {
            position++;
        }
        ByteBuffer bytes = ByteBuffer.wrap(json, from, position - from);
        try {
            text.append(StandardCharsets.UTF_8.newDecoder().decode(bytes));
        } catch (CharacterCodingException e) {
            throw error(bytes.position(), "not UTF-8");
        }
    }

    private void appendEscape(StringBuilder text) {
        int at = position - 1;
        int letter = peek();
        position++;
        switch (letter) {
            case '"', '\\', '/' -> text.append((char) letter);
            case 'b' -> text.append('\b');
            case 'f' -> text.append('\f');
            case 'n' -> text.append('\n');
            case 'r' -> text.append('\r');
            case 't' -> text.append('\t');
            case 'u' -> appendUnicode(text, at);
            default -> throw error(at, "unknown escape '\\" + (letter == END ? "" : describe(letter)) + "'");
        }
    }

    private void appendUnicode(StringBuilder text, int at) {
        char unit = hexadecimal(at);
        text.append(unit);
        if (Character.isHighSurrogate(unit)
                && peek() == '\\'
                && position + 1 < json.length
                && json[position + 1] == 'u') {
            position += 2;
            char low = hexadecimal(at);
            text.append(low);
            if (Character.isLowSurrogate(low)) {
                return;
            }
        }
        if (Character.isSurrogate(unit)) {
            throw error(at, "half of a surrogate pair: '" + word(at) + "'");
        }
    }

    private char hexadecimal(int at) {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
            if (digit < 0) {
                throw error(at, "expected four hexadecimal digits after '\\u'");
            }
            value = value << 4 | digit;
            position++;
        }
        return (char) value;
    }

    private void expect(char wanted, String description) {
        int at = skipSpace();
        if (peek() != wanted) {
            throw unexpected(at, description);
        }
        position++;
    }

    private boolean accept(char wanted) {
        skipSpace();
        boolean found = peek() == wanted;
        if (found) {
            position++;
        }
        return found;
    }

    private int skipSpace() {
        while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') {
            position++;
        }
        return position;
    }

    private int peek() {
        return position < json.length ? json[position] & 0xff : END;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    /** What stands at a place, up to the next separator, for messages. */
    private String word(int from) {
        int to = from;
        while (to < json.length && to < from + 40 && ",:]}\" ".indexOf(json[to]) < 0) {
            to++;
        }
        return ascii(from, to);
    }

    private String ascii(int from, int to) {
        return new String(json, from, to - from, StandardCharsets.US_ASCII);
    }

    private static String describe(int c) {
        return c > 0x20 && c < 0x7f ? Character.toString(c) : "0x%02x".formatted(c);
    }

    private MalformedFileException unexpected(int at, String expected) {
        String found = at < json.length ? "'" + describe(json[at] & 0xff) + "'" : "the end";
        return error(at, "expected " + expected + ", found " + found);
    }

    private MalformedFileException error(int at, String problem) {
        return new MalformedFileException(file, "header, byte " + (start + at) + ": " + problem);
    }
}
