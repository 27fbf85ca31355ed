package dev.gatun.nn;

import dev.gatun.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The table that {@link Module#summary} gives: a line for each module and each of its parameters. */
final class ModuleSummary {
    private record Line(String name, String type, String shape, String count) {}

    private final List<Line> lines = new ArrayList<>();
    private final String total;

    ModuleSummary(Module root) {
        lines.add(new Line("name", "type", "shape", "parameters"));
        add("", root);
        long trained = root.parameters().stream()
                .mapToLong(parameter -> parameter.shape().elements())
                .sum();
        long all = root.parameterCount();
        String frozen = trained == all ? "" : ", " + count(all - trained) + " of them frozen";
        total = count(all) + " parameters" + frozen;
    }

    private void add(String name, Module module) {
        lines.add(new Line(name.isEmpty() ? "(model)" : name, module.typeName(), "", count(module.parameterCount())));
        String prefix = name.isEmpty() ? "" : name + ".";
        module.ownParameters().forEach((own, parameter) -> add(prefix + own, parameter));
        module.children().forEach((child, part) -> add(prefix + child, part));
    }

    private void add(String name, Parameter parameter) {
        String type = parameter.isFrozen()
                ? parameter.dtype() + " frozen"
                : parameter.dtype().toString();
        lines.add(new Line(
                "  " + name,
                type,
                parameter.shape().toString(),
                count(parameter.shape().elements())));
    }

    private static String count(long elements) {
        return String.format(Locale.ROOT, "%,d", elements);
    }

    @Override
    public String toString() {
        int name = width(lines.stream().map(Line::name).toList());
        int type = width(lines.stream().map(Line::type).toList());
        int shape = width(lines.stream().map(Line::shape).toList());
        int count = width(lines.stream().map(Line::count).toList());
        String format = "%-" + name + "s  %-" + type + "s  %-" + shape + "s  %" + count + "s";
        StringBuilder table = new StringBuilder();
        for (Line line : lines) {
            table.append(String.format(format, line.name, line.type, line.shape, line.count)
                    .stripTrailing());
            table.append('\n');
        }
        return table.append(total).toString();
    }

    private static int width(List<String> cells) {
        return cells.stream().mapToInt(String::length).max().orElse(1);
    }
}
