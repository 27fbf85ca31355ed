package dev.gatun.cuda;

import dev.gatun.cuda.binding.Nvrtc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** NVRTC, which compiles kernels for one architecture. */
final class KernelCompiler {
    private KernelCompiler() {}

    /** Its version, such as {@code nvrtc 13.0}. */
    static String version() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment major = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment minor = arena.allocate(ValueLayout.JAVA_INT);
            CudaStatus.nvrtc("nvrtcVersion", Nvrtc.nvrtcVersion(major, minor));
            return "nvrtc " + major.get(ValueLayout.JAVA_INT, 0) + "." + minor.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /** Machine code for the architecture that the options name; where the text has errors, they are in the exception. */
    static byte[] compile(KernelSource source) {
        try (Arena arena = Arena.ofConfined();
                Handles handles = new Handles()) {
            MemorySegment program = handles.open(
                    slot -> CudaStatus.nvrtc(
                            "nvrtcCreateProgram",
                            Nvrtc.nvrtcCreateProgram(
                                    slot,
                                    arena.allocateFrom(source.text()),
                                    arena.allocateFrom(source.family() + ".cu"),
                                    0,
                                    MemorySegment.NULL,
                                    MemorySegment.NULL)),
                    handle -> CudaStatus.nvrtc(
                            "nvrtcDestroyProgram",
                            Nvrtc.nvrtcDestroyProgram(arena.allocateFrom(ValueLayout.ADDRESS, handle))));
            return compile(source, program, arena);
        }
    }

    private static byte[] compile(KernelSource source, MemorySegment program, Arena arena) {
        List<String> options = source.options();
        MemorySegment pointers = arena.allocate(ValueLayout.ADDRESS, options.size());
        for (int i = 0; i < options.size(); i++) {
            pointers.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(options.get(i)));
        }
        int status = Nvrtc.nvrtcCompileProgram(program, options.size(), pointers);
        if (status != Nvrtc.NVRTC_SUCCESS()) {
            CudaStatus.nvrtc(
                    "nvrtcCompileProgram of " + source.family() + ".cu with " + String.join(" ", options)
                            + ", which says: " + log(program, arena),
                    status);
        }
        MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
        CudaStatus.nvrtc("nvrtcGetCUBINSize", Nvrtc.nvrtcGetCUBINSize(program, size));
        MemorySegment cubin = arena.allocate(size.get(ValueLayout.JAVA_LONG, 0));
        CudaStatus.nvrtc("nvrtcGetCUBIN", Nvrtc.nvrtcGetCUBIN(program, cubin));
        return cubin.toArray(ValueLayout.JAVA_BYTE);
    }

    /** The compiler's words; where it will not give them, why. */
    private static String log(MemorySegment program, Arena arena) {
        try {
            MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
            CudaStatus.nvrtc("nvrtcGetProgramLogSize", Nvrtc.nvrtcGetProgramLogSize(program, size));
            MemorySegment text = arena.allocate(Math.max(1, size.get(ValueLayout.JAVA_LONG, 0)));
            CudaStatus.nvrtc("nvrtcGetProgramLog", Nvrtc.nvrtcGetProgramLog(program, text));
            return text.getString(0).strip();
        } catch (CudaException silent) {
            return String.valueOf(silent.getMessage());
        }
    }
}
