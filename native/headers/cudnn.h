#include <cudnn.h>
