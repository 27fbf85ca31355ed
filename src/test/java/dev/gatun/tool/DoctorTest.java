package dev.gatun.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.OwnJvm;
import dev.gatun.backend.DeviceException;
import dev.gatun.backend.Finding;
import dev.gatun.cpu.CpuBackend;
import dev.gatun.cpu.KernelChoice;
import dev.gatun.tool.Diagnosis.Section;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceConfigurationError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(MemoryLeakExtension.class)
class DoctorTest {
    @TempDir
    private Path folder;

    @Test
    void theTrialTrains() {
        Trial trial = Trial.of(Device::cpu);
        assertTrue(trial.works(), trial.toString());
        assertTrue(trial.after() < trial.before(), trial.toString());
        assertTrue(trial.toString().endsWith("after it\n  it works"), trial.toString());
    }

    @Test
    void kernelsMakeNoDifferenceToTheTrial() {
        Trial vector = Trial.of(Device::cpu);
        Device scalar = Device.of(CpuBackend.create(KernelChoice.scalar("test"), 1));
        assertEquals(vector.after(), Trial.of(() -> scalar).after(), 1e-5);
        assertEquals(0, scalar.memory().inUse());
    }

    @Test
    void aDeviceThatCannotBeHadOrDoesNotLearnDoesNotWork() {
        Trial none = Trial.of(() -> {
            throw new DeviceException("nothing works");
        });
        assertFalse(none.works());
        assertEquals("none: nothing works", none.toString());
        assertEquals(
                "{\"name\":null,\"description\":\"\",\"lossBefore\":null,\"lossAfter\":null,\"works\":false,"
                        + "\"error\":\"nothing works\"}",
                none.toJson());
        assertFalse(new Trial("x", "", 1, 1, Trial.verdict(1, 1)).works());
        assertFalse(new Trial("x", "", 1, Double.NaN, Trial.verdict(1, Double.NaN)).works());
        assertTrue(new Trial("x", "", 1, 0.5, Trial.verdict(1, 0.5)).works());
    }

    @Test
    void aProviderThatFailsIsAFinding() {
        Section section = Doctor.backend(() -> {
            throw new ServiceConfigurationError("provider x", new IllegalStateException("bad"));
        });
        assertEquals(
                List.of(Finding.lacking("failed", "provider x: java.lang.IllegalStateException: bad")),
                section.findings());
    }

    @Test
    void aDiagnosisIsPrintedForPeopleAndForPrograms() {
        Diagnosis diagnosis = new Diagnosis(
                "1.2.3",
                List.of(new Section(
                        "cuda",
                        List.of(
                                Finding.fine("libx.so", "1.0"),
                                Finding.lacking("liby.so", "one\n  two"),
                                Finding.remedy("pip \"x\"")))),
                new Trial("cpu", "CPU", 2, 1.5, null));
        assertEquals("""
            gatun 1.2.3

            cuda
              libx.so                1.0
            ! liby.so                one
                                     two
            > mend it with           pip "x"

            chosen device: cpu (CPU)
              loss 2.000000 before a step of training, 1.500000 after it
              it works
            """, diagnosis.toString());
        assertEquals("""
            {"version":"1.2.3","sections":[{"name":"cuda","findings":[\
            {"label":"libx.so","value":"1.0","status":"fine"},\
            {"label":"liby.so","value":"one\\u000a  two","status":"lacking"},\
            {"label":"mend it with","value":"pip \\"x\\"","status":"remedy"}]}],\
            "device":{"name":"cpu","description":"CPU","lossBefore":2.0,"lossAfter":1.5,"works":true,"error":null}}\
            """, diagnosis.toJson());
    }

    @Test
    void itRunsWithoutTheVectorModuleAndSaysSo() {
        OwnJvm.Outcome outcome = new OwnJvm().withoutGpu(folder).run(Gatun.class, "doctor");
        assertEquals(0, outcome.status(), outcome.toString());
        assertTrue(outcome.output().contains("! jdk.incubator.vector   absent"), outcome.output());
        assertTrue(outcome.output().contains("> mend it with           java --add-modules jdk.incubator.vector\n"));
        assertTrue(outcome.output().contains("\n  kernels                scalar, because "), outcome.output());
        assertTrue(outcome.output().contains("\n! libcudnn.so.9          " + folder), outcome.output());
        assertTrue(
                outcome.output().contains("\n> mend it with           remove or replace " + folder), outcome.output());
        assertTrue(outcome.output().contains("\nchosen device: cpu "), outcome.output());
        assertTrue(outcome.output().endsWith("\n  it works\n"), outcome.output());
    }

    @Test
    void itRunsWithTheVectorModule() {
        OwnJvm.Outcome outcome = new OwnJvm()
                .withoutGpu(folder)
                .flag("--add-modules=jdk.incubator.vector")
                .run(Gatun.class, "doctor");
        assertEquals(0, outcome.status(), outcome.toString());
        assertTrue(outcome.output().contains("  jdk.incubator.vector   present"), outcome.output());
        assertTrue(outcome.output().contains("\n  kernels                vector-"), outcome.output());
    }

    @Test
    void propertiesThatMakeTheCpuUselessGiveStatus1() {
        OwnJvm.Outcome outcome =
                new OwnJvm().withoutGpu(folder).flag("-Dgatun.threads=many").run(Gatun.class, "doctor", "--json");
        assertEquals(1, outcome.status(), outcome.toString());
        assertTrue(outcome.output().contains("\"works\":false"), outcome.output());
        assertTrue(outcome.output().contains("gatun.threads: expected a positive number, was given 'many'"));
    }
}
