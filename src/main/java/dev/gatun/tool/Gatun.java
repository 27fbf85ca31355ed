package dev.gatun.tool;

import dev.gatun.Device;
import dev.gatun.backend.DeviceException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The command line: exit status 0 when all is well, 1 when something does not work, 2 when the arguments are wrong. */
public final class Gatun {
    private static final int FINE = 0;
    private static final int BROKEN = 1;
    private static final int USAGE = 2;

    private static final Pattern DEVICE = Pattern.compile("cuda(?::([0-9]{1,4}))?");

    private static final String HELP = """
        usage: java -jar gatun.jar COMMAND

          doctor [--json]           what Gatun found on this machine, what is missing, and whether the device
                                    that it chooses can train; status 1 when it cannot
          parity [--device cuda:0]  runs modules on the GPU and on the CPU and compares all outputs and gradients;
                                    status 1 when they differ by more than single precision explains
          --help                    this text
          --version                 the version

        Flags of Java's go before -jar: --add-modules jdk.incubator.vector brings in the Vector API, and
        -Dgatun.cuda.path=FOLDER says where NVIDIA's libraries lie.
        """;

    private final PrintStream output;
    private final PrintStream errors;

    Gatun(PrintStream output, PrintStream errors) {
        this.output = output;
        this.errors = errors;
    }

    /** Runs a command, and ends the JVM with its status. */
    public static void main(String[] arguments) {
        int status = new Gatun(System.out, System.err).run(List.of(arguments));
        System.out.flush();
        System.exit(status);
    }

    int run(List<String> arguments) {
        if (arguments.isEmpty()) {
            return misused("a command is missing");
        }
        List<String> rest = arguments.subList(1, arguments.size());
        return switch (arguments.getFirst()) {
            case "doctor" -> doctor(rest);
            case "parity" -> parity(rest);
            case "--help" -> rest.isEmpty() ? print(HELP) : misused("--help stands alone");
            case "--version" -> rest.isEmpty() ? print("gatun " + version() + "\n") : misused("--version stands alone");
            default -> misused("there is no command '" + arguments.getFirst() + "'");
        };
    }

    private int doctor(List<String> options) {
        boolean json = options.equals(List.of("--json"));
        if (!json && !options.isEmpty()) {
            return misused("doctor: expected --json or nothing, was given " + String.join(" ", options));
        }
        Diagnosis diagnosis = Doctor.examine(version());
        if (json) {
            output.writeBytes((diagnosis.toJson() + "\n").getBytes(StandardCharsets.UTF_8));
        } else {
            print(diagnosis.toString());
        }
        return diagnosis.trial().works() ? FINE : BROKEN;
    }

    private int parity(List<String> options) {
        Matcher device = DEVICE.matcher(options.isEmpty() ? "cuda" : options.getLast());
        boolean wellFormed =
                options.isEmpty() || (options.size() == 2 && options.getFirst().equals("--device"));
        if (!wellFormed || !device.matches()) {
            return misused("parity: expected --device cuda:N or nothing, was given " + String.join(" ", options));
        }
        String index = Optional.ofNullable(device.group(1)).orElse("0");
        try {
            return new ModuleParity(output).run(Device.cpu(), Device.cuda(Integer.parseInt(index))) ? FINE : BROKEN;
        } catch (DeviceException refused) {
            errors.println(refused.getMessage());
            return BROKEN;
        }
    }

    private int print(String text) {
        output.print(text);
        return FINE;
    }

    private int misused(String problem) {
        errors.println(problem);
        errors.print(HELP);
        return USAGE;
    }

    /** Of the module, or of the jar where that is on the class path. */
    private static String version() {
        Module module = Gatun.class.getModule();
        return module.isNamed()
                ? module.getDescriptor().rawVersion().orElse("of no version")
                : Optional.ofNullable(Gatun.class.getPackage().getImplementationVersion())
                        .orElse("of no version");
    }
}
