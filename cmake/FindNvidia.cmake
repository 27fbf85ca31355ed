# Finds the headers of CUDA 13, cuBLAS, NVRTC and cuDNN 9 in the folder that GATUN_NVIDIA names: one into which pip installed
# nvidia's wheels (pip install --target), or an installed toolkit. Gives the target Nvidia::headers.
set(GATUN_NVIDIA "" CACHE PATH "Folder of pip's nvidia wheels, or of an installed CUDA toolkit with cuDNN")

find_path(Nvidia_CUDA_INCLUDE_DIR cuda_runtime_api.h
    HINTS ${GATUN_NVIDIA}
    PATH_SUFFIXES nvidia/cu13/include include
    PATHS /usr/local/cuda)
find_path(Nvidia_CUDNN_INCLUDE_DIR cudnn.h
    HINTS ${GATUN_NVIDIA}
    PATH_SUFFIXES nvidia/cudnn/include include
    PATHS /usr/local/cuda)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Nvidia
    REQUIRED_VARS Nvidia_CUDA_INCLUDE_DIR Nvidia_CUDNN_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "set GATUN_NVIDIA to the folder of NVIDIA's headers")
mark_as_advanced(Nvidia_CUDA_INCLUDE_DIR Nvidia_CUDNN_INCLUDE_DIR)

if(Nvidia_FOUND AND NOT TARGET Nvidia::headers)
    add_library(Nvidia::headers INTERFACE IMPORTED)
    set_target_properties(Nvidia::headers PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES "${Nvidia_CUDA_INCLUDE_DIR};${Nvidia_CUDNN_INCLUDE_DIR}"
        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${Nvidia_CUDA_INCLUDE_DIR};${Nvidia_CUDNN_INCLUDE_DIR}")
endif()
