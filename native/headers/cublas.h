#include <cublas_v2.h>
#include <cublasLt.h>
