package dev.gatun.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Files byte by byte, right and wrong ones, made without the library's own writers. */
final class FileBytes {
    private FileBytes() {}

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] littleEndian(long value, int bytes) {
        byte[] all = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return Arrays.copyOf(all, bytes);
    }

    /** A safetensors file of a header and so many zero bytes of data. */
    static byte[] safeTensors(String header, int dataBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return concat(littleEndian(json.length, Long.BYTES), json, new byte[dataBytes]);
    }

    /** A .npy file of format 1.0 with the dictionary's text as it stands. */
    static byte[] npy(String dictionary, byte... data) {
        return npy(1, 0, dictionary, data);
    }

    static byte[] npy(int major, int minor, String dictionary, byte... data) {
        byte[] header = dictionary.getBytes(major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        byte[] version = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) major, (byte) minor};
        return concat(version, littleEndian(header.length, major == 1 ? 2 : 4), header, data);
    }

    /** An archive of deflated members, given as name and content by turns. */
    static byte[] zip(Object... members) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < members.length; i += 2) {
                zip.putNextEntry(new ZipEntry((String) members[i]));
                zip.write((byte[]) members[i + 1]);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
