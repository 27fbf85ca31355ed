package dev.gatun.backend;

/**
 * Which of several ways a call went.
 *
 * @param call the operation, with types, shapes and what else it depended on
 * @param way the way it went
 * @param reasons why it went no way that comes before, each with its name; empty where it went the first one
 */
public record Explanation(String call, String way, String reasons) {
    /** One line. */
    @Override
    public String toString() {
        return call + ": " + way + (reasons.isEmpty() ? "" : "; not " + reasons);
    }
}
