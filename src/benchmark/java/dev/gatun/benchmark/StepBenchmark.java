package dev.gatun.benchmark;

import dev.gatun.Device;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The steps of {@link StepCase} on the CPU; {@link Suite} tells JMH which. The median is {@code p0.50}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class StepBenchmark {
    /** A case and a pass, such as {@code lstm-A training}. */
    @Param("")
    public String step;

    /** Threads of the backend. */
    @Param({"1", "2"})
    public int threads;

    private Step made;
    private Pass pass;

    /** Makes the case, in a JVM of its own. */
    @Setup
    public void make() {
        System.setProperty("gatun.threads", Integer.toString(threads));
        int space = step.indexOf(' ');
        pass = Pass.valueOf(step.substring(space + 1).toUpperCase(Locale.ROOT));
        made = StepCase.named(step.substring(0, space)).maker().apply(Device.cpu());
    }

    /** Gives the memory back. */
    @TearDown
    public void close() {
        made.close();
    }

    /** One pass. */
    @Benchmark
    public void run() {
        made.run(pass);
    }
}
