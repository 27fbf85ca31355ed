package dev.gatun.io;

import java.text.ParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The literals of Python that stand in NumPy's headers: dictionaries with text keys, tuples and lists, text, integers, True and False.
 * Nothing is evaluated.
 */
final class PythonLiteral {
    private static final int DEEPEST = 16;
    private static final char END = '\0';

    private final String text;
    private int position;

    private PythonLiteral(String text) {
        this.text = text;
    }

    /** The value as a Map, List (of tuples too), String, Long or Boolean; an exception's offset is the character that is wrong. */
    static Object parse(String text) throws ParseException {
        PythonLiteral literal = new PythonLiteral(text);
        Object value = literal.value(0);
        if (literal.next() != END || literal.position < text.length()) {
            throw literal.expected("the end");
        }
        return value;
    }

    private Object value(int depth) throws ParseException {
        if (depth > DEEPEST) {
            throw new ParseException("nested deeper than " + DEEPEST, position);
        }
        char c = next();
        return switch (c) {
            case '{' -> dictionary(depth);
            case '(' -> sequence(')', depth);
            case '[' -> sequence(']', depth);
            case '\'', '"' -> string();
            case 'T' -> word("True", true);
            case 'F' -> word("False", false);
            default -> integer();
        };
    }

    private Map<String, Object> dictionary(int depth) throws ParseException {
        Map<String, Object> members = new LinkedHashMap<>();
        position++;
        while (next() != '}') {
            int at = position;
            String key = string();
            take(':');
            if (members.put(key, value(depth + 1)) != null) {
                throw new ParseException("key '" + key + "' is there twice", at);
            }
            separate('}');
        }
        position++;
        return members;
    }

    private Object sequence(char close, int depth) throws ParseException {
        List<Object> elements = new ArrayList<>();
        position++;
        boolean comma = false;
        while (next() != close) {
            elements.add(value(depth + 1));
            comma = separate(close);
        }
        position++;
        boolean parenthesised = close == ')' && elements.size() == 1 && !comma;
        return parenthesised ? elements.getFirst() : elements;
    }

    /** Takes the comma after an element, which only the last one may lack. */
    private boolean separate(char close) throws ParseException {
        if (next() == ',') {
            position++;
            return true;
        }
        if (next() != close) {
            throw expected("',' or '" + close + "'");
        }
        return false;
    }

    private String string() throws ParseException {
        char quote = next();
        if (quote != '\'' && quote != '"') {
            throw expected("a string");
        }
        int from = ++position;
        while (position < text.length() && text.charAt(position) != quote) {
            position += text.charAt(position) == '\\' ? 2 : 1;
        }
        if (position >= text.length()) {
            throw new ParseException("string without an end", from - 1);
        }
        return text.substring(from, position++);
    }

    private Boolean word(String word, boolean value) throws ParseException {
        if (!text.startsWith(word, position)) {
            throw expected(word);
        }
        position += word.length();
        return value;
    }

    /** Python 2 wrote an L behind long ones. */
    private Long integer() throws ParseException {
        int from = position;
        if (text.startsWith("-", position)) {
            position++;
        }
        while (position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9') {
            position++;
        }
        String digits = text.substring(from, position);
        if (text.startsWith("L", position)) {
            position++;
        }
        try {
            return Long.valueOf(digits);
        } catch (NumberFormatException e) {
            position = from;
            throw expected("a value");
        }
    }

    private void take(char wanted) throws ParseException {
        if (next() != wanted) {
            throw expected("'" + wanted + "'");
        }
        position++;
    }

    /** The next character that is not white space. */
    private char next() {
        while (position < text.length() && " \t\n\r".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        return position < text.length() ? text.charAt(position) : END;
    }

    private ParseException expected(String what) {
        String found = position < text.length() ? "'" + text.charAt(position) + "'" : "the end";
        return new ParseException("expected " + what + ", found " + found, position);
    }
}
