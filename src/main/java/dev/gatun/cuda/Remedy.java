package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.cuda.binding.Cudnn;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What helps against errors that users meet; a text for a status begins with what separates it from the problem, and is empty where nothing is known. */
final class Remedy {
    static final String NO_DRIVER =
            "install NVIDIA's driver, on Ubuntu: sudo ubuntu-drivers install (in a container: docker run --gpus all)";

    static final String NO_DEVICE =
            "nvidia-smi must list the GPU, and CUDA_VISIBLE_DEVICES must not hide it; a driver older than the"
                    + " libraries' CUDA release must be updated";

    static final String MEMORY =
            "; use smaller batches, close tensors earlier, or look at nvidia-smi for other processes";

    private static final String HOST_MEMORY = "; it is the host's memory that ran out, not the device's";

    private Remedy() {}

    /** What brings the libraries that are missing, and mends those that cannot be used: one command where one will do; null when all can be used. */
    static @Nullable String libraries(List<CudaLibraries.Status> statuses) {
        Set<String> steps = new LinkedHashSet<>();
        Set<String> missing = new LinkedHashSet<>();
        for (CudaLibraries.Status status : statuses) {
            if (status.error() != null && status.found() == null) {
                missing.add(status.library().wheel(status.release()));
            } else if (status.error() != null) {
                steps.add(broken(status, status.found().file().toString()));
            }
        }
        if (!missing.isEmpty()) {
            steps.add("pip install " + String.join(" ", missing));
        }
        return steps.isEmpty() ? null : String.join(", and ", steps);
    }

    private static String broken(CudaLibraries.Status status, String file) {
        if (status.error().contains("Illegal native access")) {
            return "start Java with --enable-native-access=dev.gatun (ALL-UNNAMED on the class path)";
        }
        return file.contains("-packages/")
                ? "pip install --force-reinstall " + status.library().wheel(status.release())
                : "remove or replace " + file;
    }

    static String runtime(int status) {
        if (status == Cudart.cudaErrorInsufficientDriver()) {
            return "; install NVIDIA's driver, or one that is new enough for this CUDA release";
        }
        if (status == Cudart.cudaErrorNoDevice()) {
            return "; no GPU is visible: look at nvidia-smi, and at CUDA_VISIBLE_DEVICES";
        }
        if (LostDevices.isFatal(status)) {
            return "; the device is lost to this process: restart it";
        }
        return "";
    }

    static String blas(int status) {
        if (status == Cublas.CUBLAS_STATUS_NOT_INITIALIZED()) {
            return "; cuBLAS found no device or no memory for its workspace: look at nvidia-smi";
        }
        if (status == Cublas.CUBLAS_STATUS_ARCH_MISMATCH()) {
            return "; this release of cuBLAS does not support the GPU";
        }
        return "";
    }

    static String dnn(int status) {
        if (status == Cudnn.CUDNN_STATUS_NOT_INITIALIZED()) {
            return "; cuDNN found no device, or a CUDA release it was not built for";
        }
        if (status == Cudnn.CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH()) {
            return "; parts of two releases of cuDNN are mixed: let one folder hold all of them";
        }
        if (status == Cudnn.CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED()) {
            return "; a part of cuDNN, or the driver's libcuda.so.1, was not found beside it";
        }
        return status == Cudnn.CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED() ? HOST_MEMORY : "";
    }
}
