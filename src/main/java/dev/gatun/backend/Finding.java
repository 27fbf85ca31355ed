package dev.gatun.backend;

/**
 * One thing that a provider found out about its kind of device, and what drives it, on this machine.
 *
 * @param label what it is about, such as {@code libcudnn.so.9}
 * @param value what was found, for people
 * @param status what to make of it
 */
public record Finding(String label, String value, Status status) {
    /** What to make of a finding. */
    public enum Status {
        /** As it should be, or just a fact. */
        FINE,
        /** Something is missing, or does not work. */
        LACKING,
        /** What to do about that: a command where there is one. */
        REMEDY
    }

    /** A fact, or something that is as it should be. */
    public static Finding fine(String label, String value) {
        return new Finding(label, value, Status.FINE);
    }

    /** Something that is missing or does not work. */
    public static Finding lacking(String label, String value) {
        return new Finding(label, value, Status.LACKING);
    }

    /** What to do about something that is lacking. */
    public static Finding remedy(String value) {
        return new Finding("mend it with", value, Status.REMEDY);
    }
}
