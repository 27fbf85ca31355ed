package dev.gatun.tool;

import dev.gatun.backend.Finding;
import dev.gatun.json.JsonWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the doctor found.
 *
 * @param version Gatun's
 * @param sections findings by subject
 * @param trial how the chosen device fared
 */
record Diagnosis(String version, List<Section> sections, Trial trial) {
    private static final int LABEL_WIDTH = 22;

    /**
     * Findings on one subject.
     *
     * @param name such as {@code cuda}
     * @param findings in the order in which they were made
     */
    record Section(String name, List<Finding> findings) {}

    /** For people. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("gatun " + version + "\n");
        for (Section section : sections) {
            text.append('\n').append(section.name()).append('\n');
            section.findings().forEach(finding -> append(text, finding));
        }
        return text.append("\nchosen device: ").append(trial).append('\n').toString();
    }

    /** Further lines of a value stand under its first. */
    private static void append(StringBuilder text, Finding finding) {
        String mark = switch (finding.status()) {
            case FINE -> "  ";
            case LACKING -> "! ";
            case REMEDY -> "> ";
        };
        String label = String.format(Locale.ROOT, "%-" + LABEL_WIDTH + "s", finding.label());
        String indent = "\n" + " ".repeat(mark.length() + LABEL_WIDTH + 1);
        text.append(mark)
                .append(label)
                .append(' ')
                .append(finding.value().strip().replaceAll("\n *", indent))
                .append('\n');
    }

    /** The same facts for programs. */
    String toJson() {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("version", JsonWriter.string(version));
        members.put(
                "sections",
                JsonWriter.array(sections.stream().map(Diagnosis::toJson).toList()));
        members.put("device", trial.toJson());
        return JsonWriter.object(members);
    }

    private static String toJson(Section section) {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("name", JsonWriter.string(section.name()));
        members.put(
                "findings",
                JsonWriter.array(
                        section.findings().stream().map(Diagnosis::toJson).toList()));
        return JsonWriter.object(members);
    }

    private static String toJson(Finding finding) {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("label", JsonWriter.string(finding.label()));
        members.put("value", JsonWriter.string(finding.value()));
        members.put("status", JsonWriter.string(finding.status().name().toLowerCase(Locale.ROOT)));
        return JsonWriter.object(members);
    }
}
