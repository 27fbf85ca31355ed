/// Recurrent networks, attention and Transformers on the Foreign Function & Memory API and the Vector API.
module dev.gatun {
    requires static transitive org.jspecify;

    // Optional at run time: without `--add-modules jdk.incubator.vector` the scalar kernels are chosen.
    requires static jdk.incubator.vector;

    exports dev.gatun;
    exports dev.gatun.backend;
    exports dev.gatun.data;
    exports dev.gatun.io;
    exports dev.gatun.layout;
    exports dev.gatun.nn;
    exports dev.gatun.nn.init;
    exports dev.gatun.optim;
    exports dev.gatun.parity;
    exports dev.gatun.training;

    uses dev.gatun.backend.BackendProvider;

    provides dev.gatun.backend.BackendProvider with
            dev.gatun.cpu.CpuBackendProvider,
            dev.gatun.cuda.CudaBackendProvider;
}
